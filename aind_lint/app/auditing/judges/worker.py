"""What a worker does, in whatever process: it receives a unit of work as JSON, and returns verdicts as JSON."""

from __future__ import annotations

import json
from functools import lru_cache

from aind_lint.app.auditing.judges.asset_judge import AssetJudge
from aind_lint.app.auditing.judges.judge_environment import describe_difference, environment_json
from aind_lint.app.auditing.judges.unit_messages import JudgeParameters, tasks_from_json, verdicts_to_json
from aind_lint.errors import AindLintError


def judge_unit(parameters: str, unit: str, environment: str = "") -> str:
    """The verdicts of one unit of work.

    Args:
        parameters: `JudgeParameters` as JSON.
        unit: The tasks as JSON.
        environment: The `environment_json` that this worker must have; empty for a process of the same program.

    Returns:
        A JSON object with ``verdicts``, or with ``error`` (one line) and ``exit_code`` if nothing can be judged.
    """
    try:
        judge = _judge(parameters)
        if environment and (difference := describe_difference(environment, environment_json(parameters))):
            return json.dumps({"error": difference, "exit_code": 2})
        return f'{{"verdicts": {verdicts_to_json(judge.judge(tasks_from_json(unit)))}}}'
    except AindLintError as error:
        return json.dumps({"error": str(error), "exit_code": error.exit_code})


@lru_cache(maxsize=1)  # one audit after the other
def _judge(parameters: str) -> AssetJudge:
    return AssetJudge(JudgeParameters.from_json(parameters))
