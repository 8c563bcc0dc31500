"""The reads behind pages and commands: the live class, one learner, a class as a table."""

from darasa.learning.reports.alerts import LiveState
from darasa.learning.reports.class_report import (
    ClassReport,
    ClassReportRow,
    SkillColumn,
    class_report,
)
from darasa.learning.reports.learner_report import (
    Dated,
    EvidenceRow,
    LearnerPage,
    Rules,
    SkillEvidence,
    learner_page,
)
from darasa.learning.reports.live_report import LiveClass, LiveRow, live_class

__all__ = [
    "ClassReport",
    "ClassReportRow",
    "Dated",
    "EvidenceRow",
    "LearnerPage",
    "LiveClass",
    "LiveRow",
    "LiveState",
    "Rules",
    "SkillColumn",
    "SkillEvidence",
    "class_report",
    "learner_page",
    "live_class",
]
