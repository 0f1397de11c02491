"""How large a file may be before it is refused; anchored in OWASP ASVS 5.2.3, far above what an office makes."""

from __future__ import annotations

MAX_FILE_BYTES = 20_000_000
MAX_DUMP_BYTES = 100_000_000  # an .sql file
MAX_INFLATED_BYTES = 200_000_000
MAX_RATIO = 200  # inflated to packed, of files that are not small anyway
MAX_MEMBERS = 1_000  # files inside the zip that an xlsx is
MAX_ENTRIES = 100  # files of tables inside of a zip
MAX_STRINGS = 1_000_000  # shared strings of a workbook
MAX_ROWS = 250_000
MAX_REPEATED = 1_000_000  # cells that an ods file holds only as a number of repetitions of a row
MAX_COLUMNS = 1_000  # a column for each of the 546 regions of a list of the finance ministry fits
MAX_CELL_CHARACTERS = 32_767  # Excel's own
