"""The reads behind pages and commands: the live class, one learner, a class as a table."""

from darasa.learning.alerts import LiveState
from darasa.learning.class_report import ClassReport, ClassReportRow, SkillColumn, class_report
from darasa.learning.learner_report import (
    Dated,
    EvidenceRow,
    LearnerPage,
    PartRow,
    SkillEvidence,
    learner_page,
)
from darasa.learning.live_report import LiveClass, LiveRow, live_class

__all__ = [
    "ClassReport",
    "ClassReportRow",
    "Dated",
    "EvidenceRow",
    "LearnerPage",
    "LiveClass",
    "LiveRow",
    "LiveState",
    "PartRow",
    "SkillColumn",
    "SkillEvidence",
    "class_report",
    "learner_page",
    "live_class",
]
