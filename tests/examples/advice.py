"""Following the fix of a finding to the letter, as a user would: renaming, setting, adding, removing, replacing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from aind_lint.finding import Finding
from tests.examples import advice_in_uploads as uploads
from tests.examples import advice_on_files as files
from tests.examples import advice_on_values as values
from tests.examples.situation import NotFollowableError, Situation

_FILE = r"(?P<file>[\w./ -]+\.(?:json|yml|csv)|[\w./ -]+/\.\w+)"
_POINTER = r"(?P<pointer>/(?:[^\s,]| (?=[^/]*#|sorting))*)"
_VALUE = r'(?P<value>"[^"]*"|\{.*\}|\[.*\]|-?[0-9.]+|true|false)'
#: The file or folder that the finding shows.
_SHOWN = "(?:the )?(?:leftover |empty |reported )?(?:file or folder|file|folder|link|copy|device, pipe or socket)"

#: Steps that need no thought, with what they do.
_STEPS: list[tuple[str, Callable[[Situation, Finding, re.Match[str]], None]]] = [
    (r"rename the folder to (?P<name>[^\s,<>]+)", files.rename_asset),
    (r"rename the folder (?P<old>\S+) to (?P<new>[^\s<>]+)", files.rename),
    (rf'rename {_POINTER} in {_FILE}(?:, for example)? to "(?P<name>[^"]+)"', values.rename_field),
    (rf"rename the key (?P<old>\S+) in {_FILE} to (?P<new>\S+)", uploads.rename_key),
    (r"rename (?P<old>\S+) to (?P<new>[^\s<>]+) in the manifest", uploads.rename_key),
    (rf"set {_POINTER} in {_FILE} to {_VALUE}(?:; also at (?P<others>.*)| or .*)?", values.set_value),
    (rf"add {_VALUE} to {_POINTER} in {_FILE}", values.add_value),
    (rf"remove {_VALUE} from {_POINTER} in {_FILE}", values.remove_element),
    (rf'remove the repeated "[^"]*" at {_POINTER} from {_FILE}', values.remove_value),
    (rf"remove {_POINTER} (?:from|in) {_FILE}(?: if .*|, because .*)?", values.remove_value),
    (r"put the entries of the history in the order of their timestamps", values.sort_history),
    (r"remove the empty entry|remove it from the list(?: of datasets)?", values.remove_shown),
    (r"type the name again if it contains an invisible character", values.type_again),
    (r"rename (?P<old>[\w./ -]+) to (?P<new>[^\s<>]+)", files.rename),
    (r"move the files in the folder (?P<old>\S+) into the folder (?P<new>\S+)", files.merge),
    (r"move (?P<old>\S+) to the root of the asset", files.move_to_root),
    (r"move (?P<old>\S+) out of (?P<asset>\S+), next to it", files.move_out),
    (r"move (?P<old>\S+) to a folder outside the asset", files.move_away),
    (r"into (?P<new>logs)", files.move_shown_into),
    (r"rename the folder to the label in the asset name", files.rename_to_label),
    (r"rename the file to the number of the register that it contains", files.rename_to_register),
    (r"move each pair of files to behavior-videos/<CameraName>_<.*", files.move_hourly_videos),
    (r"remove all (?:of them if no background was recorded|background files)", files.remove_background),
    (r"remove the files that are named before publishing", files.remove_shown),
    (r"describe .* in (?P<other>\w+\.json) and remove (?P<old>\w+\.json)", files.remove_beside),
    (r"move the folder (?P<old>\S+) to the asset that it belongs to", files.remove),
    (r"move the folder into a derived asset", files.remove_shown),
    (rf"move (?:{_SHOWN}) out of the asset(?: folder)?", files.remove_shown),
    (rf"(?:remove|delete) (?:{_SHOWN}|it)(?: from the asset(?: folder)?)?(?:, because .*| if .*)?", files.remove_shown),
    (r"remove (?:the folder )?(?P<old>[\w.][\w./-]*)(?: from the asset| before publishing)?", files.remove),
    (r"remove everything from (?P<old>\S+) but (?P<kept>\S+)", files.remove_all_but),
    (r"rename one of the two files", files.rename_shown),
    (r"rename the file or folder, for example aux\.csv to auxiliary\.csv", files.rename_shown),
    (r"rename the file or folder without (?:these characters|the dot or space at the end)", files.clean_name),
    (r"rename the file or folder with (?:another character|a hyphen) instead.*", files.clean_name),
    (r"rename the file to the composed form.*", files.compose_name),
    (r"rename the (?:file so that it ends with the date and time.*|folder to fip_<.*)", files.rewrite_time),
    (r"replace the link with the file itself", files.replace_link),
    (r"(?:add|copy) (?P<files>[\w.-]+\.json)(?:, as [\w ]+,)? to the root folder of the asset", files.replace_sidecars),
    (r"add a (?P<files>processing\.json) .*", files.replace_sidecars),
    (r"replace (?P<files>[\w., -]+?\.json) with (?:that|those) of (?P<owner>.*)", files.replace_sidecars),
    (r"replace (?P<files>all sidecars) with those of (?P<owner>.*)", files.replace_sidecars),
    (r"write (?P<files>[\w.-]+\.json) again with .*", files.replace_sidecars),
    (r"copy the file from the source asset again", files.copy_from_source),
    (rf"write every time in {_FILE} that is labeled as UTC with the offset (?P<offset>\S+) instead", files.set_offset),
    (r"write the file again as UTF-8.*", files.write_as_utf8),
    (r"save the file as UTF-8 without BOM", files.write_as_utf8),
    (r"replace NaN or Infinity with null.*", files.replace_nan),
    (r"write the object itself.*", files.unwrap),
    (r"remove (?P<old>\w+) from the manifest", uploads.remove_key),
    (r"add the path of (?P<sidecar>\S+) to schemas in manifest.yml", uploads.list_sidecar),
    (r"move the paths under (?P<old>\S+) to (?P<new>\S+) in manifest.yml", uploads.move_paths),
    (r"remove transfer_service_args, .*", uploads.remove_request),
    (r"remove the column (?P<old>\w+) from jobs.csv", uploads.remove_column),
    (r"set it to (?P<value>false)", uploads.set_shown),
    (r"(?:add|write|set) (?P<key>\w+)(?: to|:) (?P<value>[^\s,<>]+)(?: (?:in|to|or) \S+|, .*)?", uploads.set_key),
    (r"remove (?P<old>\w+)", uploads.remove_key),
    (r"rename (?P<old>\w+) to (?P<new>\w+)", uploads.rename_key),
    (r"remove one of the two equal jobs", uploads.remove_job),
    (r"use (?P<address>s3://\S+)", uploads.change_destination),
    (r"remove the suppression(?: from the configuration)?", uploads.remove_suppression),
]
#: What begins an alternative, another step of the same repair, and a step.
_ALTERNATIVE = re.compile(r"(?:, or |; otherwise |\. (?=If |Otherwise|Type ))(?=(?:If|Otherwise|Type)\b|[a-z]+ )")
_CONDITION = re.compile(r"(?:If [^,]*,|Otherwise,?) ")
_NEXT_STEP = re.compile(r", and (?=set |rename |replace |remove |add )|\. Then (?=[a-z])")


def follow(finding: Finding, situation: Situation) -> Iterator[Situation]:
    """What is there after each alternative of a fix that can be followed without thinking.

    Args:
        finding: The finding, such as one with the fix ``Rename the folder to X, and set /name in … to "X"``.
        situation: What was checked.
    """
    for alternative in _ALTERNATIVE.split(finding.fix.rstrip(".")):
        after = situation.copy()
        try:
            for step in _NEXT_STEP.split(_CONDITION.sub("", alternative, count=1)):
                _apply(step.partition(". ")[0], finding, after)
        except NotFollowableError:
            continue
        yield after


def _apply(step: str, finding: Finding, situation: Situation) -> None:
    step = step[:1].lower() + step[1:]
    for pattern, apply in _STEPS:
        if match := re.fullmatch(pattern, step, re.DOTALL):
            try:
                apply(situation, finding, match)
            except NotFollowableError:
                continue
            return
    raise NotFollowableError(step)
