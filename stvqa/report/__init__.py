"""What people are shown of a run: `verify` and `explain`."""

from stvqa.report.asked import AskedReport, ask_dataset
from stvqa.report.explain import explain_row
from stvqa.report.verify import Failure, VerifyReport, verify_dataset

__all__ = ["AskedReport", "Failure", "VerifyReport", "ask_dataset", "explain_row", "verify_dataset"]
