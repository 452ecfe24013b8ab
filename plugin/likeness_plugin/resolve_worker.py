"""The process that holds Resolve's scripting library (Studio): calls in, answers out, one JSON line each.

It stands alone, on the standard library and Python 3.8 or newer, because the vendor's library may refuse the Python
that Likeness runs on, may hang while it is imported, and may crash; its parent kills it when an answer is late. Run it
by path: `python resolve_worker.py`. End of input ends it. `resolve_scripts/Likeness.lua` does the same inside Resolve;
ALLOWED and the guards must be equal in both, and the tests compare them.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from typing import Any, Callable  # noqa: UP035  Python 3.8 knows no other place

PROTOCOL = 1

# What may be called, by class, and what comes back: "" a plain value, "{}" a table with names, "[]" a plain list,
# "Name" an object, "[Name]" a list of objects. No call here asks for the Studio edition where it is not there: such a
# call raises a window in Resolve that makes every later call fail until somebody closes it.
ALLOWED = {
    "Resolve": {
        "GetProductName": "", "GetVersion": "[]", "GetProjectManager": "ProjectManager", "GetCurrentPage": "",
        "OpenPage": "",
    },
    "ProjectManager": {"GetCurrentProject": "Project"},
    "Project": {
        "GetName": "", "GetUniqueId": "", "GetSetting": "", "GetMediaPool": "MediaPool",
        "GetCurrentTimeline": "Timeline", "SetCurrentTimeline": "", "GetTimelineCount": "",
        "GetTimelineByIndex": "Timeline", "ExportCurrentFrameAsStill": "", "GetRenderFormats": "{}",
        "GetRenderCodecs": "{}", "GetCurrentRenderFormatAndCodec": "{}", "SetCurrentRenderFormatAndCodec": "",
        "SetRenderSettings": "", "AddRenderJob": "", "StartRendering": "", "StopRendering": "",
        "IsRenderingInProgress": "", "GetRenderJobStatus": "{}", "DeleteRenderJob": "", "SaveAsNewRenderPreset": "",
        "LoadRenderPreset": "", "DeleteRenderPreset": "",
    },
    "MediaPool": {
        "GetRootFolder": "Folder", "AddSubFolder": "Folder", "GetCurrentFolder": "Folder", "SetCurrentFolder": "",
        "ImportMedia": "[MediaPoolItem]", "AppendToTimeline": "[TimelineItem]", "DeleteClips": "", "DeleteFolders": "",
    },
    "Folder": {
        "GetName": "", "GetUniqueId": "", "GetClipList": "[MediaPoolItem]", "GetSubFolderList": "[Folder]",
    },
    "MediaPoolItem": {
        "GetName": "", "GetUniqueId": "", "GetMediaId": "", "GetClipProperty": "{}", "SetClipProperty": "",
        "GetThirdPartyMetadata": "", "SetThirdPartyMetadata": "",
    },
    "Timeline": {
        "GetName": "", "GetUniqueId": "", "GetStartFrame": "", "GetEndFrame": "", "GetStartTimecode": "",
        "GetCurrentTimecode": "", "SetCurrentTimecode": "", "GetSetting": "", "GetTrackCount": "", "GetTrackName": "",
        "SetTrackName": "", "GetIsTrackEnabled": "", "SetTrackEnable": "", "GetIsTrackLocked": "", "AddTrack": "",
        "DeleteTrack": "", "GetItemListInTrack": "[TimelineItem]", "GetCurrentVideoItem": "TimelineItem",
        "GetSelectedClips": "[TimelineItem]", "GetMarkInOut": "{}", "SetMarkInOut": "", "ClearMarkInOut": "",
        "AddMarker": "", "GetMarkers": "{}", "DeleteMarkerByCustomData": "", "DeleteClips": "",
    },
    "TimelineItem": {
        "GetName": "", "GetUniqueId": "", "GetStart": "", "GetEnd": "", "GetDuration": "", "GetLeftOffset": "",
        "GetRightOffset": "", "GetSourceStartFrame": "", "GetSourceEndFrame": "", "GetMediaPoolItem": "MediaPoolItem",
        "GetProperty": "{}", "SetProperty": "", "GetTrackTypeAndIndex": "[]", "GetClipEnabled": "",
        "GetFusionCompCount": "", "CopyGrades": "", "AddMarker": "", "GetMarkers": "{}",
    },
}  # fmt: skip

# Calls that change something, and what they may change: only what carries our name, or what this process added.
OUR_NAME = "Likeness"
OUR_DATA = "likeness:"
OUR_METADATA = "likeness"
PROPERTIES_TO_SET = ("FPS", "Input Color Space")


class Refused(Exception):  # noqa: N818  an answer, not a failure of the process
    """A call that is not carried out: `code` for the parent, the text for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Session:
    """Objects that were handed out, by handle, and which of them this process added."""

    def __init__(self, resolve: Any) -> None:
        self.objects: dict[str, tuple[Any, str]] = {"resolve": (resolve, "Resolve")}
        self.ours: set[str] = set()  # handles, and ids of render jobs
        self._made = 0

    def is_over(self) -> bool:
        """Whether Resolve ended, or was started again: its objects say nothing then, and raise nothing."""
        try:
            return not self.objects["resolve"][0].GetProductName()
        except (TypeError, AttributeError, RuntimeError, OSError, EOFError):  # a dead object has no methods
            return True

    def begin_again(self, resolve: Any) -> None:
        """Serve another run of Resolve; no handle of the one before is used again."""
        self.objects = {"resolve": (resolve, "Resolve")}
        self.ours.clear()

    def run(self, calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Carry the calls out in order; each gets an answer."""
        answers: list[dict[str, Any]] = []
        for call in calls:
            try:
                answers.append({"value": self._one(call, answers)})
            except Refused as refusal:
                answers.append({"error": refusal.code, "message": str(refusal)})
        return answers

    def forget(self) -> None:
        """Let objects go that are not ours; their handles are never used again."""
        kept = self.ours | {"resolve"}
        self.objects = {handle: held for handle, held in self.objects.items() if handle in kept}

    def _one(self, call: dict[str, Any], answers: list[dict[str, Any]]) -> Any:
        target, kind, handle = self._object(call["on"], answers)
        method = str(call["call"])
        returns = ALLOWED.get(kind, {}).get(method)
        if returns is None:
            raise Refused("not_allowed", f"{kind}.{method} is not among the calls that are allowed")
        change = Change(self, target, handle)
        change.arguments = [self._argument(value, answers, change) for value in call.get("with", [])]
        guard = GUARDS.get((kind, method))
        try:
            if guard is None or guard(change):
                return self._answer(getattr(target, method)(*change.arguments), returns, method)
        except Exception as error:
            raise Refused("failed", f"{kind}.{method}: {error}") from error
        raise Refused("not_ours", f"{kind}.{method} was asked to change what Likeness did not add")

    def _object(self, ref: dict[str, str], answers: list[dict[str, Any]]) -> tuple[Any, str, str]:
        handle = ref["$"]
        if handle.startswith("#"):
            handle = _earlier(answers, int(handle[1:]))
        if handle not in self.objects:
            raise Refused("stale", f"the object {handle} is not known here")
        return (*self.objects[handle], handle)

    def _argument(self, value: Any, answers: list[dict[str, Any]], change: Change) -> Any:
        if isinstance(value, list):
            return [self._argument(part, answers, change) for part in value]
        if isinstance(value, dict):
            if "$" in value:
                target, _, handle = self._object(value, answers)
                change.named.append((handle, target))
                return target
            return {key: self._argument(part, answers, change) for key, part in value.items()}
        return value

    def _answer(self, value: Any, returns: str, method: str) -> Any:
        if method == "AddRenderJob" and value:
            self.ours.add(f"job {value}")
        if returns in ("", "[]", "{}"):
            return _plain(value)
        if returns.startswith("["):
            members = value.values() if isinstance(value, dict) else value or []
            return [self._hand_out(member, returns[1:-1], method) for member in members]
        return self._hand_out(value, returns, method)

    def _hand_out(self, value: Any, kind: str, method: str) -> dict[str, str] | None:
        if value is None or isinstance(value, bool):  # False where a call failed
            return None
        self._made += 1
        handle = f"h{self._made}"
        self.objects[handle] = (value, kind)
        if method in ("ImportMedia", "AppendToTimeline", "AddSubFolder"):
            self.ours.add(handle)
        return {"$": handle, "kind": kind}


class Change:
    """A call that may change something: on what, with what, and which objects its arguments name."""

    def __init__(self, session: Session, target: Any, handle: str) -> None:
        self.session = session
        self.target = target
        self.handle = handle
        self.arguments: list[Any] = []
        self.named: list[tuple[str, Any]] = []  # handle and object

    def starts(self, index: int, text: str) -> bool:
        """Whether argument `index` is there and begins with a text."""
        return len(self.arguments) > index and str(self.arguments[index]).startswith(text)

    def ours(self, check: Callable[[Session, str, Any], bool]) -> bool:
        """Whether the arguments name objects, and all of them are ours."""
        return bool(self.named) and all(check(self.session, handle, named) for handle, named in self.named)


def _earlier(answers: list[dict[str, Any]], index: int) -> str:
    value = answers[index].get("value") if 0 <= index < len(answers) else None
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, dict) or "$" not in value:
        raise Refused("no_object", f"answer {index} is not an object")
    return str(value["$"])


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {_key(key): _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return str(value)


def _key(key: Any) -> str:
    return str(int(key)) if isinstance(key, float) and key == int(key) else str(key)


# --- what changing calls may touch


def _our_item(session: Session, handle: str, item: Any) -> bool:
    """Whether a timeline item plays media that Likeness imported, or carries our marker."""
    media = item.GetMediaPoolItem()
    if handle in session.ours or (media is not None and _our_media(session, "", media)):
        return True
    markers = (item.GetMarkers() or {}).values()
    return any(str(mark.get("customData", "")).startswith(OUR_DATA) for mark in markers)


def _our_media(session: Session, handle: str, media: Any) -> bool:
    return handle in session.ours or bool(media.GetThirdPartyMetadata(OUR_METADATA))


def _empty_folder(session: Session, handle: str, folder: Any) -> bool:
    return not folder.GetClipList() and not folder.GetSubFolderList()


def _empty_track(timeline: Any, kind: str, index: int) -> bool:
    return kind == "video" and not timeline.GetItemListInTrack(kind, index)


def _append(change: Change) -> bool:
    clips = change.arguments[0] if change.arguments else None
    whole = isinstance(clips, list) and len(clips) == len(change.named)
    return whole and change.ours(_our_media) and all(clip.get("mediaType") == 1 for clip in clips or ())


def _delete_items(change: Change) -> bool:
    no_ripple = len(change.arguments) < 2 or change.arguments[1] is False
    return no_ripple and change.ours(_our_item)


def _delete_track(change: Change) -> bool:
    if len(change.arguments) != 2:
        return False
    name = str(change.target.GetTrackName(*change.arguments) or "")
    return name.startswith(OUR_NAME) and _empty_track(change.target, *change.arguments)


def _name_track(change: Change) -> bool:
    return (
        len(change.arguments) == 3 and change.starts(2, OUR_NAME) and _empty_track(change.target, *change.arguments[:2])
    )


def _set_clip_property(change: Change) -> bool:
    named = len(change.arguments) == 2 and change.arguments[0] in PROPERTIES_TO_SET
    return named and _our_media(change.session, change.handle, change.target)


def _still(change: Change) -> bool:
    return (
        len(change.arguments) == 1 and change.arguments[0].endswith(".png") and not os.path.exists(change.arguments[0])
    )


def _render_settings(change: Change) -> bool:
    return len(change.arguments) == 1 and not change.arguments[0].get("ReplaceExistingFilesInPlace")


def _our_job(change: Change) -> bool:
    given = change.arguments[0] if change.arguments else []
    ids = given if isinstance(given, list) else [given]
    return bool(ids) and all(f"job {job}" in change.session.ours for job in ids)


GUARDS: dict[tuple[str, str], Callable[[Change], bool]] = {
    ("Timeline", "DeleteClips"): _delete_items,
    ("Timeline", "DeleteTrack"): _delete_track,
    ("Timeline", "SetTrackName"): _name_track,
    ("Timeline", "AddMarker"): lambda change: change.starts(5, OUR_DATA),
    ("Timeline", "DeleteMarkerByCustomData"): lambda change: change.starts(0, OUR_DATA),
    ("TimelineItem", "SetProperty"): lambda change: _our_item(change.session, change.handle, change.target),
    ("TimelineItem", "AddMarker"): lambda change: (
        change.starts(5, OUR_DATA) and _our_item(change.session, change.handle, change.target)
    ),
    ("TimelineItem", "CopyGrades"): lambda change: change.ours(_our_item),
    ("MediaPool", "AppendToTimeline"): _append,
    ("MediaPool", "DeleteClips"): lambda change: change.ours(_our_media),
    ("MediaPool", "DeleteFolders"): lambda change: change.ours(_empty_folder),
    ("MediaPoolItem", "SetClipProperty"): _set_clip_property,
    ("MediaPoolItem", "SetThirdPartyMetadata"): lambda change: change.handle in change.session.ours,
    ("Project", "ExportCurrentFrameAsStill"): _still,
    ("Project", "SetRenderSettings"): _render_settings,
    ("Project", "StartRendering"): _our_job,
    ("Project", "DeleteRenderJob"): _our_job,
    ("Project", "GetRenderJobStatus"): _our_job,
    ("Project", "SaveAsNewRenderPreset"): lambda change: change.starts(0, OUR_NAME),
    ("Project", "DeleteRenderPreset"): lambda change: change.starts(0, OUR_NAME),
}


# --- reaching Resolve


def library_folders(platform: str, environment: dict[str, str]) -> list[str]:
    """Where the vendor puts its Python module, the most specific first."""
    named = environment.get("RESOLVE_SCRIPT_API")
    folders = [os.path.join(named, "Modules")] if named else []
    if platform == "win32":
        data = environment.get("PROGRAMDATA", "C:\\ProgramData")
        folders.append(data + "\\Blackmagic Design\\DaVinci Resolve\\Support\\Developer\\Scripting\\Modules")
    elif platform == "darwin":
        library = "/Library/Application Support/Blackmagic Design/DaVinci Resolve/Developer/Scripting/Modules"
        folders += [library, os.path.expanduser("~" + library)]
    else:
        # An ISO install may stand beside /opt, so both places are looked at.
        folders += ["/opt/resolve/Developer/Scripting/Modules", os.sep + "home/resolve/Developer/Scripting/Modules"]
    return folders


def connect() -> Any:
    """The handle of a running Resolve. Raises Refused: no_library, library_refused, not_running."""
    sys.path[:0] = [folder for folder in library_folders(sys.platform, dict(os.environ)) if os.path.isdir(folder)]
    if importlib.util.find_spec("DaVinciResolveScript") is None:
        raise Refused("no_library", "DaVinci Resolve's scripting library is not installed")
    try:
        library = importlib.import_module("DaVinciResolveScript")
    except Exception as error:
        raise Refused("library_refused", f"the scripting library does not load here: {error}") from error
    resolve = library.scriptapp("Resolve")
    if resolve is None and sys.platform == "darwin":
        resolve = library.scriptapp("Resolve", "127.0.0.1")  # some builds listen on one address only
    if resolve is None:
        raise Refused("not_running", "Resolve does not answer")
    return resolve


def main() -> int:
    """Serve until the input ends."""
    # The vendor's library prints; only answers may go where the parent reads.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)
    session: Session | None = None
    for line in sys.stdin.buffer:
        request = json.loads(line.decode("utf-8"))
        reply: dict[str, Any] = {"protocol": PROTOCOL, "number": request["number"]}
        try:
            session = session or Session(connect())
            if request.get("forget"):
                session.forget()
                if session.is_over():
                    session.begin_again(connect())
            reply["answers"] = session.run(request["calls"])
        except Refused as refusal:
            reply.update(error=refusal.code, message=str(refusal))
        answers.write(json.dumps(reply) + "\n")
        answers.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
