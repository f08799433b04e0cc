"""All writes: `runs` what is done with a file, `writing` how its tickets become rows, `naming` the people, teams and
categories that they need, `mapping` what is kept of how tables are read.
"""

from .mapping import delete_mapping, save_mapping
from .runs import begin_import, choose_columns, discard_import, look, run_import, upload_import

__all__ = [
    "begin_import",
    "choose_columns",
    "delete_mapping",
    "discard_import",
    "look",
    "run_import",
    "save_mapping",
    "upload_import",
]
