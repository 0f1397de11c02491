"""The fault matrix as data: for every kind of source and every fault the tests that show that it is survived, or why there is no
such thing. `python -m tests.outages.matrix` runs them all and prints it (`make faults`)."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[2]

KINDS = ("web", "spreadsheet", "database", "mailbox", "cache", "hub")
FAULTS = (
    "down at start",
    "down later",
    "slow",
    "hanging",
    "reset in the middle",
    "garbage",
    "HTML instead of JSON",
    "wrong schema",
    "auth refused",
    "empty",
    "shrunk to half",
    "duplicate keys",
    "clock skew",
    "half-written",
    "deleted",
    "locked",
    "disk full",
    "database restarted",
    "Redis killed",
    "hub killed in a sync",
)


@dataclass(frozen=True, slots=True)
class Never:
    """Why a fault can't befall a kind of source."""

    why: str


Cell = tuple[str, ...] | Never

WEB = "tests/outages/test_web_faults.py"
OLD = f"{WEB}::test_old_answers_are_served_and_said_to_be_old_and_new_ones_come_by_themselves"
FILE = "tests/outages/test_file_faults.py"
GOOD = f"{FILE}::test_the_last_good_rows_are_served_and_a_good_file_heals"
BASE = "tests/outages/test_database_faults.py"
HOST = "tests/connectors/test_sqlhost.py"
LITE = "tests/connectors/test_sql.py"
MAIL = "tests/connectors/test_mailbox.py"
IMAP = "tests/connectors/test_imap.py"
SPOOL = "tests/simpul/test_mailbox_hub.py"
DIRS = "tests/connectors/test_maildir.py"
STORE = "tests/simpul/test_stores.py"
SYNC = "tests/replica/test_sync.py"
DISK = "tests/replica/test_database.py"
HOLD = "tests/replica/test_holding.py"
CREW = "tests/simpul/test_workers.py"
WATCH = "tests/simpul/test_background.py"
SERVE = "tests/simpul/test_serve.py"

KILLED = (
    f"{HOLD}::test_killed_at_any_moment_it_is_the_old_state_or_the_new_one_and_the_next_sync_succeeds",
    f"{DISK}::test_a_sync_that_is_killed_between_staging_and_merge_changes_nothing",
)
"""What the replica holds does not depend on the kind of source that a sync was reading."""
FULL = (f"{DISK}::test_a_full_disk_is_told_and_the_old_state_is_served",)
"""Nothing is written but the replica, and what is kept of mailboxes: of a full disk the others see the same."""
NO_DATABASE = Never("it is no database; the hub's own is the replica, see the column of the hub")
NO_REDIS = Never("answers are kept there, not sources; see the column of the cache")
NO_LIST = Never("it keeps answers as they were made, no records")

MATRIX: Mapping[str, Mapping[str, Cell]] = {
    "web": {
        "down at start": (f"{WEB}::test_a_hub_starts_with_its_source_down_and_heals_when_it_comes",),
        "down later": (
            f"{OLD}[500]",
            f"{OLD}[502]",
            f"{OLD}[503]",
            f"{OLD}[429]",
            f"{OLD}[reset]",
            f"{WEB}::test_a_source_that_fails_and_fails_is_left_alone",
        ),
        "slow": (
            f"{WEB}::test_what_is_slow_but_in_time_is_served",
            f"{OLD}[slow:60]",
            f"{OLD}[slowbody:0.5]",
        ),
        "hanging": (f"{OLD}[hang]", f"{WEB}::test_the_matrix_of_the_suite_passes_whole"),
        "reset in the middle": (f"{OLD}[reset-mid]", f"{OLD}[truncate]", f"{OLD}[badlength]", f"{OLD}[badchunk]"),
        "garbage": tuple(
            f"{OLD}[{fault}]" for fault in ("garbage", "nan", "utf16", "deepjson", "huge:200", "gzipbomb:300")
        ),
        "HTML instead of JSON": (f"{OLD}[html]", f"{OLD}[redirect-loop]", f"{OLD}[redirect-metadata]"),
        "wrong schema": (
            f"{OLD}[drift]",
            f"{OLD}[nulls]",
            f"{OLD}[dup]",
            f"{WEB}::test_a_column_that_went_is_told_and_no_record_is_lost",
        ),
        "auth refused": (
            f"{OLD}[401]",
            f"{OLD}[403]",
            "tests/connectors/test_web.py::test_a_refused_login_is_tried_once",
            "tests/connectors/test_rest_answers.py::test_a_login_that_is_refused_in_an_envelope_is_not_tried_again",
        ),
        "empty": (
            f"{OLD}[empty]",
            f"{WEB}::test_a_list_that_has_lost_too_much_is_not_taken[0]",
            "tests/connectors/test_rest_answers.py::test_an_envelope_that_says_that_it_failed_is_no_empty_list",
        ),
        "shrunk to half": (f"{WEB}::test_a_list_that_has_lost_too_much_is_not_taken[10]",),
        "duplicate keys": (
            f"{WEB}::test_keys_that_are_twice_there_are_set_aside_and_told",
            "tests/connectors/test_rest_answers.py::test_a_list_that_changed_while_it_was_read_is_read_again",
        ),
        "clock skew": (
            "tests/connectors/test_policy.py::test_a_rest_that_a_source_asks_for_is_kept_up_to_a_bound",
            "tests/connectors/test_rest_answers.py::test_a_time_of_change_counts_only_when_it_is_over",
        ),
        "half-written": (
            f"{OLD}[truncate]",
            "tests/connectors/test_rest_answers.py::test_lines_that_are_none_are_told",
        ),
        "deleted": (f"{OLD}[404]",),
        "locked": Never("a web API has no locks; one that is busy answers 429 or 503, see down later"),
        "disk full": FULL,
        "database restarted": NO_DATABASE,
        "Redis killed": NO_REDIS,
        "hub killed in a sync": KILLED,
    },
    "spreadsheet": {
        "down at start": (f"{FILE}::test_a_hub_starts_with_its_file_missing_and_heals_when_it_comes",),
        "down later": (f"{GOOD}[delete]", f"{GOOD}[symlink-loop]"),
        "slow": (
            f"{FILE}::test_a_file_that_is_written_in_place_is_never_read_in_part",
            "tests/connectors/test_spreadsheet.py::test_a_file_that_takes_too_long_is_given_up",
        ),
        "hanging": (
            f"{GOOD}[fifo]",
            "tests/connectors/test_spreadsheet.py::test_a_file_that_takes_too_long_is_given_up",
        ),
        "reset in the middle": (
            f"{FILE}::test_a_file_that_comes_and_goes_loses_nothing",
            "tests/connectors/test_spreadsheet.py::test_a_file_that_vanished_between_listing_and_reading_is_gone",
            "tests/connectors/test_spreadsheet.py::test_a_child_that_dies_is_told_and_replaced",
        ),
        "garbage": (
            "tests/connectors/test_spreadsheet.py::test_a_file_that_is_no_workbook_says_what_it_is",
            "tests/connectors/test_spreadsheet.py::test_a_hostile_workbook_is_refused",
            "tests/connectors/test_spreadsheet_csv.py::test_what_is_no_whole_csv_says_why",
        ),
        "HTML instead of JSON": (
            "tests/connectors/test_spreadsheet_xls_ods.py::test_an_export_that_is_only_called_xls_is_told",
        ),
        "wrong schema": (f"{FILE}::test_a_column_that_is_called_otherwise_is_told",),
        "auth refused": (
            f"{FILE}::test_a_file_that_may_not_be_read_is_told",
            "tests/connectors/test_spreadsheet.py::test_a_file_that_may_not_be_read_is_busy",
        ),
        "empty": (f"{GOOD}[trunc]", f"{FILE}::test_a_file_that_has_lost_too_many_rows_is_not_taken[0]"),
        "shrunk to half": (f"{FILE}::test_a_file_that_has_lost_too_many_rows_is_not_taken[2]",),
        "duplicate keys": (f"{FILE}::test_a_key_that_is_twice_there_is_set_aside",),
        "clock skew": (
            f"{FILE}::test_a_clock_that_is_wrong_hides_no_change",
            f"{FILE}::test_a_change_that_leaves_size_and_time_as_they_were_is_noticed",
        ),
        "half-written": (f"{GOOD}[half]", f"{FILE}::test_a_file_that_is_written_in_place_is_never_read_in_part"),
        "deleted": (f"{GOOD}[delete]", f"{GOOD}[dir]"),
        "locked": (f"{FILE}::test_a_file_that_somebody_has_open_is_read_all_the_same",),
        "disk full": FULL,
        "database restarted": NO_DATABASE,
        "Redis killed": NO_REDIS,
        "hub killed in a sync": KILLED,
    },
    "database": {
        "down at start": (f"{SERVE}::test_it_serves_with_a_source_down_and_says_so",),
        "down later": (f"{BASE}::test_a_server_that_is_killed_costs_nothing_that_was_read_and_heals_when_it_is_back",),
        "slow": (
            f"{HOST}::test_a_query_that_never_ends_is_ended_on_the_server_too",
            f"{LITE}::test_a_query_that_never_ends_is_ended",
        ),
        "hanging": (
            f"{HOST}::test_a_server_that_hangs_from_the_start_is_left",
            f"{HOST}::test_a_server_that_hangs_in_the_middle_is_left_and_found_again",
            f"{HOST}::test_a_kept_connection_that_hangs_does_not_hang_us",
        ),
        "reset in the middle": (
            f"{HOST}::test_a_connection_killed_while_it_reads_is_told_and_the_next_reading_is_well",
        ),
        "garbage": (
            f"{LITE}::test_damaged_text_and_blobs_never_stop_the_reading",
            f"{LITE}::test_what_is_wrong_with_a_file_is_told",
        ),
        "HTML instead of JSON": Never("what a database answers is no page; other nonsense is garbage"),
        "wrong schema": (f"{BASE}::test_a_table_that_was_changed_is_told_and_no_record_is_lost",),
        "auth refused": (
            f"{BASE}::test_a_wrong_password_is_not_tried_again_and_again",
            f"{HOST}::test_a_user_without_rights_is_told",
        ),
        "empty": (f"{BASE}::test_a_table_that_has_lost_too_many_rows_is_not_taken",),
        "shrunk to half": (f"{BASE}::test_a_table_that_has_lost_too_many_rows_is_not_taken",),
        "duplicate keys": (f"{SYNC}::test_the_same_key_twice_is_set_aside_and_heals",),
        "clock skew": (f"{LITE}::test_a_stamp_tells_the_file_and_the_question",),
        "half-written": (
            f"{LITE}::test_a_database_left_in_the_middle_of_writing_is_told",
            f"{LITE}::test_a_copy_is_of_one_moment",
        ),
        "deleted": (
            f"{BASE}::test_a_table_that_was_changed_is_told_and_no_record_is_lost",
            f"{SERVE}::test_a_copy_that_could_not_be_renewed_is_served_as_an_old_one",
        ),
        "locked": (
            f"{BASE}::test_a_lock_is_waited_for_no_longer_than_a_batch_may_take",
            f"{LITE}::test_a_lock_is_told",
        ),
        "disk full": FULL,
        "database restarted": (
            f"{BASE}::test_restarts_one_after_the_other_never_give_a_wrong_answer",
            f"{HOST}::test_a_kept_connection_that_was_killed_is_replaced",
        ),
        "Redis killed": NO_REDIS,
        "hub killed in a sync": KILLED,
    },
    "mailbox": {
        "down at start": (f"{MAIL}::test_a_missing_mailbox_is_told", f"{DIRS}::test_a_folder_that_is_gone_is_told"),
        "down later": (
            f"{IMAP}::test_a_server_that_was_killed_is_asked_again",
            f"{SYNC}::test_a_source_that_is_down_leaves_everything_and_says_so",
        ),
        "slow": (f"{IMAP}::test_a_server_that_says_nothing_or_nearly_nothing_holds_nobody_up",),
        "hanging": (
            f"{IMAP}::test_a_server_that_says_nothing_or_nearly_nothing_holds_nobody_up",
            f"{IMAP}::test_a_connection_that_brings_nothing_is_told",
        ),
        "reset in the middle": (
            f"{IMAP}::test_a_reading_that_is_cut_off_goes_on_where_it_was",
            f"{MAIL}::test_a_mailbox_that_is_tidied_up_meanwhile_is_told",
            f"{DIRS}::test_messages_that_are_moved_or_removed_while_reading",
        ),
        "garbage": (
            f"{IMAP}::test_bits_that_flip_on_the_way_are_found_out_by_tls",
            "tests/connectors/test_imapdata.py::test_no_answer_breaks_anything",
            f"{MAIL}::test_no_mail_stops_the_others",
            f"{MAIL}::test_a_file_that_is_no_mailbox_is_told",
        ),
        "HTML instead of JSON": (
            f"{IMAP}::test_what_is_no_mail_server_is_told",
            f"{MAIL}::test_bodies_are_read_whatever_they_say_they_are",
        ),
        "wrong schema": (
            f"{MAIL}::test_a_date_is_read_or_taken_from_the_separator",
            f"{MAIL}::test_a_message_without_an_id_gets_one_that_stays",
        ),
        "auth refused": (
            f"{IMAP}::test_a_refused_login_is_not_tried_again_for_five_minutes",
            f"{DIRS}::test_a_message_that_may_not_be_read_is_told",
        ),
        "empty": (
            f"{MAIL}::test_an_empty_mailbox_has_no_messages",
            f"{SYNC}::test_a_sync_that_would_lose_too_much_stops_with_both_counts",
        ),
        "shrunk to half": (f"{SYNC}::test_a_sync_that_would_lose_too_much_stops_with_both_counts",),
        "duplicate keys": (
            f"{MAIL}::test_a_message_that_stands_there_twice_counts_once",
            f"{MAIL}::test_another_message_under_a_used_id_is_not_lost",
        ),
        "clock skew": (f"{MAIL}::test_no_date_is_ever_invented",),
        "half-written": (f"{MAIL}::test_of_a_mailbox_that_is_being_written_the_last_message_waits",),
        "deleted": (
            f"{IMAP}::test_a_mailbox_that_was_made_anew_keeps_its_numbers",
            f"{MAIL}::test_a_missing_mailbox_is_told",
            f"{DIRS}::test_a_folder_that_is_gone_is_told",
        ),
        "locked": (f"{MAIL}::test_of_a_mailbox_that_is_being_written_the_last_message_waits",),
        "disk full": (*FULL, f"{SPOOL}::test_a_full_disk_is_told_and_what_was_read_stays"),
        "database restarted": (f"{IMAP}::test_a_server_that_was_killed_is_asked_again",),
        "Redis killed": NO_REDIS,
        "hub killed in a sync": (*KILLED, f"{SPOOL}::test_a_hub_that_is_killed_in_a_sync_goes_on_where_it_was"),
    },
    "cache": {
        "down at start": (f"{STORE}::test_a_store_that_failed_is_left_alone_and_tried_again_when_nobody_waits",),
        "down later": (f"{STORE}::test_answers_go_on_when_redis_is_killed",),
        "slow": (f"{STORE}::test_a_silent_redis_is_met_once_and_costs_no_answer",),
        "hanging": (f"{STORE}::test_a_silent_redis_is_met_once_and_costs_no_answer",),
        "reset in the middle": (f"{STORE}::test_a_failed_write_costs_the_next_request_nothing",),
        "garbage": (
            f"{STORE}::test_what_others_have_written_is_not_taken_for_an_answer",
            f"{STORE}::test_nor_what_is_nearly_one",
        ),
        "HTML instead of JSON": (f"{STORE}::test_what_others_have_written_is_not_taken_for_an_answer",),
        "wrong schema": (f"{STORE}::test_another_replica_has_answers_of_its_own_in_the_same_redis",),
        "auth refused": (f"{STORE}::test_a_store_that_failed_is_left_alone_and_tried_again_when_nobody_waits",),
        "empty": (f"{STORE}::test_a_redis_that_was_killed_is_used_again_once_it_is_back",),
        "shrunk to half": (f"{STORE}::test_memory_keeps_what_was_last_asked_for_within_its_bound",),
        "duplicate keys": NO_LIST,
        "clock skew": (f"{STORE}::test_a_redis_that_was_killed_is_used_again_once_it_is_back",),
        "half-written": (f"{STORE}::test_nor_what_is_nearly_one",),
        "deleted": (f"{STORE}::test_a_redis_that_was_killed_is_used_again_once_it_is_back",),
        "locked": NO_LIST,
        "disk full": (f"{STORE}::test_a_failed_write_costs_the_next_request_nothing",),
        "database restarted": NO_DATABASE,
        "Redis killed": (
            f"{STORE}::test_answers_go_on_when_redis_is_killed",
            f"{STORE}::test_a_redis_that_was_killed_is_used_again_once_it_is_back",
        ),
        "hub killed in a sync": (f"{STORE}::test_processes_share_what_takes_long_through_redis",),
    },
    "hub": {
        "down at start": (f"{SERVE}::test_a_replica_that_can_not_be_used_is_told_and_ends_with_1",),
        "down later": (
            f"{CREW}::test_one_that_is_killed_is_replaced_also_the_one_that_syncs",
            f"{HOLD}::test_of_two_hubs_on_one_replica_one_syncs_and_both_serve",
        ),
        "slow": (
            "tests/simpul/test_responses.py::test_who_waits_for_others_waits_no_longer_than_an_operation_may_take",
        ),
        "hanging": ("tests/simpul/test_gone.py::test_a_client_that_goes_away_stops_its_statement",),
        "reset in the middle": (
            "tests/simpul/test_responses.py::test_when_nobody_waits_any_more_the_work_is_given_up",
        ),
        "garbage": ("tests/simpul/test_http.py::test_garbage_is_refused_and_never_an_internal_error",),
        "HTML instead of JSON": ("tests/simpul/test_http.py::test_errors_name_no_inner_thing",),
        "wrong schema": (
            "tests/replica/test_rebuild.py::test_with_its_source_down_the_old_stays_in_service_and_says_so",
        ),
        "auth refused": ("tests/simpul/test_graphql_http.py::test_a_foreign_name_for_this_machine_gets_nothing",),
        "empty": ("tests/simpul/test_responses.py::test_what_was_never_read_is_an_error_until_it_is_read",),
        "shrunk to half": (f"{SYNC}::test_a_sync_that_would_lose_too_much_stops_with_both_counts",),
        "duplicate keys": (f"{SYNC}::test_the_same_key_twice_is_set_aside_and_heals",),
        "clock skew": (f"{WATCH}::test_a_source_that_is_left_alone_is_not_tried_before_its_rest_is_over",),
        "half-written": (f"{DISK}::test_a_file_that_is_no_replica_is_said_to_be_none",),
        "deleted": (f"{SERVE}::test_a_copy_that_could_not_be_renewed_is_served_as_an_old_one",),
        "locked": (
            f"{SYNC}::test_a_writer_of_another_process_is_waited_for_and_then_told",
            f"{DISK}::test_a_sync_that_waits_can_be_stopped_at_once",
        ),
        "disk full": FULL,
        "database restarted": (
            "tests/replica/test_holding.py::test_of_two_hubs_on_one_replica_one_syncs_and_both_serve",
        ),
        "Redis killed": (f"{STORE}::test_answers_go_on_when_redis_is_killed",),
        "hub killed in a sync": (
            *KILLED,
            f"{DISK}::test_a_writer_that_is_killed_in_its_transaction_leaves_the_old_state_and_no_lock",
        ),
    },
}


def all_tests(matrix: Mapping[str, Mapping[str, Cell]]) -> list[str]:
    """The tests of all cells, each once."""
    cells = [cell for column in matrix.values() for cell in column.values() if not isinstance(cell, Never)]
    return list(dict.fromkeys(test for cell in cells for test in cell))


def run(tests: list[str]) -> dict[str, str]:
    """Runs tests, and tells of each whether it passed, failed, was skipped or is missing: by its id, and by its id without what
    stands in brackets, where all of these count."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        files = list(dict.fromkeys(test.partition("::")[0] for test in tests))
        names = " or ".join(dict.fromkeys(test.partition("::")[2].partition("[")[0] for test in tests))
        options = ["-q", "-p", "no:cacheprovider", f"--junitxml={report}", "-o", "junit_family=xunit1", "-k", names]
        environment = {**os.environ, "SIMPUL_FAULTS": "all"}
        subprocess.run(
            [sys.executable, "-m", "pytest", *files, *options, *sys.argv[1:]], cwd=ROOT, env=environment, check=False
        )
        found: dict[str, str] = {}
        for case in ElementTree.parse(report).iter("testcase"):
            result = {"failure": "failed", "error": "failed", "skipped": "skipped"}.get(
                next((part.tag for part in case), ""), "passed"
            )
            test = f"{case.get('file')}::{case.get('name')}"
            found[test] = result
            whole = test.partition("[")[0]
            if found.get(whole, "passed") == "passed" or result == "failed":
                found[whole] = result
        return found


def judge(cell: Cell, found: Mapping[str, str]) -> str:
    """What a cell comes to: `never`, `failed` if one of its tests did or is not there, `skipped` if all were, else `passed`."""
    if isinstance(cell, Never):
        return "never"
    results = {found.get(test, "failed") for test in cell}
    if "failed" in results:
        return "failed"
    return "passed" if "passed" in results else "skipped"


def main() -> int:
    """Runs the whole matrix and prints it. 1 if a cell failed."""
    found = run(all_tests(MATRIX))
    judged = {(kind, fault): judge(MATRIX[kind][fault], found) for kind in KINDS for fault in FAULTS}
    signs = {"passed": "ok", "failed": "FAIL", "skipped": "skip", "never": "-"}
    width = max(map(len, FAULTS))
    print(" " * width, *(f"{kind:>11}" for kind in KINDS))
    for fault in FAULTS:
        print(f"{fault:{width}}", *(f"{signs[judged[kind, fault]]:>11}" for kind in KINDS))
    for (kind, fault), result in judged.items():
        cell = MATRIX[kind][fault]
        if result == "failed" and not isinstance(cell, Never):
            missed = [test for test in cell if found.get(test, "failed") == "failed"]
            print(f"{kind}, {fault}: {', '.join(missed)}")
    counts = {result: list(judged.values()).count(result) for result in signs}
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
