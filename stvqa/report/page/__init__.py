"""`report.html`: a whole run in one file that a browser opens without a server.

summary = write_report(Path("runs/demo"), out=Path("runs/demo/report.html"))
summary.rows, summary.images, summary.megabytes     # 200, 100, 1.6
"""

from stvqa.report.page.write import ReportSummary, write_report

__all__ = ["ReportSummary", "write_report"]
