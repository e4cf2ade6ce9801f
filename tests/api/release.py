"""Writes the shape of the API into released.json, for a release: from then on no operation may change it."""

from __future__ import annotations

import json

from tests.api.test_openapi import RELEASED, shape
from uphold.questions.files import load_questions
from uphold.questions.openapi import describe
from uphold.rdf.sources import Files
from uphold.settings import Settings

if __name__ == "__main__":
    settings = Settings()
    found = shape(describe(load_questions(Files(settings.files)), ["en"]))
    RELEASED.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
