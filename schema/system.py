"""What the hub itself keeps: its sources and the rows that it could not take."""

from __future__ import annotations

from schema import declare
from schema.declare import entity
from schema.enums import BREAKER_STATE, SOURCE_STATE


@entity(
    singular="source",
    plural="sources",
    key=("name",),
    system="source",
    en="A legacy application that the hub reads, and how old its figures are",
    id="Aplikasi lama yang dibaca hub, dan umur angkanya",
)
class Source:
    name: str | None = declare.code("Name in hub.yaml", "Nama di hub.yaml")
    kind: str | None = declare.code("Kind of source", "Jenis sumber")
    state: str | None = declare.choice(SOURCE_STATE, "State after the last sync", "Keadaan setelah sinkron terakhir")
    read_at: str | None = declare.moment("When it was last read well", "Terakhir terbaca")
    tried_at: str | None = declare.moment("When a sync was last tried", "Terakhir dicoba")
    due_at: str | None = declare.moment(
        "When it should be read well again by its `refresh`; how long ago that was is how far it lags",
        "Kapan seharusnya terbaca lagi menurut `refresh`; selisihnya dengan sekarang adalah keterlambatannya",
    )
    breaker: str | None = declare.choice(
        BREAKER_STATE, "Whether it is asked or left alone after failures", "Ditanyai, atau dibiarkan karena gagal"
    )
    retry_at: str | None = declare.moment(
        "When it is tried again, if it is left alone", "Kapan dicoba lagi, bila sedang dibiarkan"
    )
    took_ms: int | None = declare.number(
        "Milliseconds that the last sync took", "Lama sinkron terakhir dalam milidetik"
    )
    rows_seen: int | None = declare.number(
        "Rows seen in it: records, rejects and rows set aside together, for each dataset and entity",
        "Baris yang terlihat: data, baris ditolak, dan baris disisihkan, untuk setiap himpunan data dan jenis data",
    )
    records: int | None = declare.number("Records taken from it", "Data yang diambil")
    rejects: int | None = declare.number("Rows that could not be taken", "Baris yang ditolak")
    set_aside: int | None = declare.number(
        "Rows that are no data, such as titles, totals and blank rows",
        "Baris yang bukan data, seperti judul, jumlah, dan baris kosong",
    )
    issues: int | None = declare.number("Cells that could not be read", "Sel yang tidak terbaca")
    accounts: str | None = declare.text("What became of its rows", "Nasib baris-barisnya")
    drift: str | None = declare.text("How it differs from before", "Bedanya dari sebelumnya")
    problem: str | None = declare.text("Why the last sync failed", "Sebab sinkron terakhir gagal")


@entity(
    singular="reject",
    plural="rejects",
    system="reject",
    en="A row that could not be taken, with its place and the reason",
    id="Baris yang tidak dapat diambil, dengan tempat dan sebabnya",
)
class Reject:
    source: str | None = declare.code("Source", "Sumber")
    dataset: str | None = declare.code("Dataset", "Himpunan data")
    entity: str | None = declare.code("Entity that it should have become", "Jenis data yang dituju")
    code: str | None = declare.code("Reason", "Sebab")
    field: str | None = declare.code("Field at fault", "Isian yang bermasalah")
    raw_value: str | None = declare.text("What stands there", "Isi sebagaimana tertulis")
    cell: str | None = declare.code("Cell or column", "Sel atau kolom")
    locator: str | None = declare.text("Where the row stands", "Letak baris")
    params: str | None = declare.text("What the message is filled with", "Pengisi pesan")
