"""Why a delivery is refused as a whole, or a row of it set apart: closed codes, and the bounds.

Nothing here quotes what was delivered.
"""

from dataclasses import dataclass

# Of a delivery, in `ops.batches.status_reason`.
REFUSALS = {
    "unknown_format": "The ending of the name is not one that is read.",
    "unreadable_file": "The file is damaged, or not what its name says.",
    "empty_file": "There is nothing in the file.",
    "encrypted_file": "The file wants a password.",
    "scanned_pdf": "Pages are pictures without text; send the text, or the spreadsheet behind it.",
    "no_table": "No header of the contract was found on any page.",
    "too_large": "The file, unpacked, is larger than any honest delivery, or takes too long.",
    "too_wide": "More columns than any honest delivery has.",
    "line_too_long": "A line goes on without an end.",
    "unsafe_archive": "The archive names files outside itself, or holds archives.",
    "xml_entities": "The file defines XML entities, which no spreadsheet program writes.",
    "unsafe_name": "The name of the file has signs that hide what it is.",
}

# Of a row, in `ops.quarantine.reason`, beside the checks of the contract.
MALFORMED, UNCLOSED_QUOTE, UNDECODABLE = "malformed_row", "unclosed_quote", "undecodable_text"
SUSPICIOUS, FORMULA, NO_HEADER = "suspicious_characters", "formula", "no_header"
HIDDEN_SHEET, FRAGMENT, MISSING_COLUMN = "hidden_sheet", "fragment", "missing_column"
ERASED_BEFORE, ERASED = "erased_before", "erased"
SET_ASIDE = {
    MALFORMED: "The row has not the columns of its header.",
    UNCLOSED_QUOTE: "A quotation that is not closed would swallow the rows after it.",
    UNDECODABLE: "Bytes of another encoding than the rest of the file.",
    SUSPICIOUS: "Controls, overrides of direction, or letters of two scripts in one value.",
    FORMULA: "A cell that a spreadsheet would execute.",
    NO_HEADER: "Rows without a header above them.",
    HIDDEN_SHEET: "Rows of a hidden sheet, which whoever sent the workbook may not have seen.",
    FRAGMENT: "A few cells between two rows, part of neither.",
    MISSING_COLUMN: "The list lacks a column that its contract requires.",
    ERASED_BEFORE: "A record of somebody who was erased, sent again.",
    ERASED: "Nothing is left of the row but its number.",
}

UNPACKED_BYTES = 8 << 30  # of one delivery of text
UNPACKED_RATIO = 250  # CSV packs 30-fold; 1,000-fold is a bomb
RATIO_FROM = 64 << 20  # below this no ratio hurts
LINE_BYTES = 1 << 20
COLUMNS = 1000
SET_APART = 1_000_000  # rows set apart one by one before a delivery is refused


class UnreadableError(Exception):
    """The file as a whole cannot be read; `reason` is one of REFUSALS."""

    def __init__(self, reason: str, message: str) -> None:
        """Say what is wrong with the file without quoting it."""
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class MalformedRow:
    """A row that no column can be read from, set apart as it came."""

    row_number: int
    text: str
    reason: str = MALFORMED
    field: str = ""
    position: str | None = None
