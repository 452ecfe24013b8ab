<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en_US" sourcelanguage="en">
<context>
    <name>AttributesBox</name>
    <message>
        <source>What the face shows</source>
        <translation>What the face shows</translation>
    </message>
    <message>
        <source>Say something else about the face</source>
        <translation>Say something else about the face</translation>
    </message>
    <message>
        <source>Click to say it otherwise</source>
        <translation>Click to say it otherwise</translation>
    </message>
    <message>
        <source>Wholly</source>
        <translation>Wholly</translation>
    </message>
    <message>
        <source>Half</source>
        <translation>Half</translation>
    </message>
    <message>
        <source>Not at all</source>
        <translation>Not at all</translation>
    </message>
    <message>
        <source>As measured</source>
        <translation>As measured</translation>
    </message>
    <message>
        <source>Describe the face</source>
        <translation>Describe the face</translation>
    </message>
</context>
<context>
    <name>Banners</name>
    <message>
        <source>Dismiss</source>
        <translation>Dismiss</translation>
    </message>
</context>
<context>
    <name>CompareView</name>
    <message>
        <source>Viewer: source and result</source>
        <translation>Viewer: source and result</translation>
    </message>
    <message>
        <source>Source</source>
        <translation>Source</translation>
    </message>
    <message>
        <source>Result</source>
        <translation>Result</translation>
    </message>
    <message>
        <source>No result yet</source>
        <translation>No result yet</translation>
    </message>
    <message>
        <source>Difference × 4</source>
        <translation>Difference × 4</translation>
    </message>
</context>
<context>
    <name>HostsPage</name>
    <message>
        <source>Editing applications</source>
        <translation>Editing applications</translation>
    </message>
    <message>
        <source>Install</source>
        <translation>Install</translation>
    </message>
    <message>
        <source>Repair</source>
        <translation>Repair</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Remove</translation>
    </message>
    <message>
        <source>Save diagnostics …</source>
        <translation>Save diagnostics …</translation>
    </message>
    <message>
        <source>What is installed where</source>
        <translation>What is installed where</translation>
    </message>
    <message>
        <source>Connect</source>
        <translation>Connect</translation>
    </message>
    <message>
        <source>Between in and out</source>
        <translation>Between in and out</translation>
    </message>
    <message>
        <source>Selected clips</source>
        <translation>Selected clips</translation>
    </message>
    <message>
        <source>Clip at the playhead</source>
        <translation>Clip at the playhead</translation>
    </message>
    <message>
        <source>Whole timeline</source>
        <translation>Whole timeline</translation>
    </message>
    <message>
        <source>Take from the timeline</source>
        <translation>Take from the timeline</translation>
    </message>
    <message>
        <source>Look again</source>
        <translation>Look again</translation>
    </message>
    <message>
        <source>Looking …</source>
        <translation>Looking …</translation>
    </message>
    <message>
        <source>Not connected</source>
        <translation>Not connected</translation>
    </message>
    <message>
        <source>through its Scripts menu</source>
        <translation>through its Scripts menu</translation>
    </message>
    <message>
        <source>through its scripting library</source>
        <translation>through its scripting library</translation>
    </message>
    <message>
        <source>Connected {0}. Project: {1}</source>
        <translation>Connected {0}. Project: {1}</translation>
    </message>
    <message>
        <source>Likeness works without one, too: open footage or a timeline file, and import the result yourself.</source>
        <translation>Likeness works without one, too: open footage or a timeline file, and import the result yourself.</translation>
    </message>
    <message numerus="yes">
        <source>Add %n clip(s) to the project</source>
        <translation>
            <numerusform>Add %n clip to the project</numerusform>
            <numerusform>Add %n clips to the project</numerusform>
        </translation>
    </message>
    <message>
        <source>installed</source>
        <translation>installed</translation>
    </message>
    <message>
        <source>out of date: repair it</source>
        <translation>out of date: repair it</translation>
    </message>
    <message>
        <source>something that is not ours is in its place</source>
        <translation>something that is not ours is in its place</translation>
    </message>
    <message>
        <source>not installed</source>
        <translation>not installed</translation>
    </message>
    <message>
        <source>Press Connect to look.</source>
        <translation>Press Connect to look.</translation>
    </message>
</context>
<context>
    <name>Inspector</name>
    <message>
        <source>Fast</source>
        <translation>Fast</translation>
    </message>
    <message>
        <source>Quality</source>
        <translation>Quality</translation>
    </message>
    <message>
        <source>Look</source>
        <translation>Look</translation>
    </message>
    <message>
        <source>Strength</source>
        <translation>Strength</translation>
    </message>
    <message>
        <source>How much of the result replaces the source; 0 leaves it untouched</source>
        <translation>How much of the result replaces the source; 0 leaves it untouched</translation>
    </message>
    <message>
        <source>Fidelity</source>
        <translation>Fidelity</translation>
    </message>
    <message>
        <source>How closely to follow the footage; 1 lets only fine detail change</source>
        <translation>How closely to follow the footage; 1 lets only fine detail change</translation>
    </message>
    <message>
        <source>Likeness</source>
        <translation>Likeness</translation>
    </message>
    <message>
        <source>How closely to follow the photographs; 0 ignores them</source>
        <translation>How closely to follow the photographs; 0 ignores them</translation>
    </message>
    <message>
        <source>Grain</source>
        <translation>Grain</translation>
    </message>
    <message>
        <source>Share of the footage's own grain that is put back</source>
        <translation>Share of the footage's own grain that is put back</translation>
    </message>
    <message>
        <source>More</source>
        <translation>More</translation>
    </message>
    <message>
        <source>Frame as it is</source>
        <translation>Frame as it is</translation>
    </message>
    <message>
        <source>Enlarged × {0}</source>
        <translation>Enlarged × {0}</translation>
    </message>
    <message>
        <source>Size of the result</source>
        <translation>Size of the result</translation>
    </message>
    <message>
        <source>Seed of the noise: the same seed gives the same result</source>
        <translation>Seed of the noise: the same seed gives the same result</translation>
    </message>
    <message>
        <source>Fade to the source where in doubt</source>
        <translation>Fade to the source where in doubt</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Size</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>Seed</translation>
    </message>
    <message>
        <source>Delivery</source>
        <translation>Delivery</translation>
    </message>
    <message>
        <source>EXR frames</source>
        <translation>EXR frames</translation>
    </message>
    <message>
        <source>TIFF frames, 16 bit</source>
        <translation>TIFF frames, 16 bit</translation>
    </message>
    <message>
        <source>DPX frames, 10 bit</source>
        <translation>DPX frames, 10 bit</translation>
    </message>
    <message>
        <source>PNG frames, 16 bit</source>
        <translation>PNG frames, 16 bit</translation>
    </message>
    <message>
        <source>H.264, to look at</source>
        <translation>H.264, to look at</translation>
    </message>
    <message>
        <source>What is written</source>
        <translation>What is written</translation>
    </message>
    <message>
        <source>Matte of what changed, beside it</source>
        <translation>Matte of what changed, beside it</translation>
    </message>
    <message>
        <source>Change …</source>
        <translation>Change …</translation>
    </message>
    <message>
        <source>Choose the folder of the results</source>
        <translation>Choose the folder of the results</translation>
    </message>
    <message>
        <source>Change {0}</source>
        <translation>Change {0}</translation>
    </message>
    <message>
        <source>Photographs and settings of a person appear here once people are found.</source>
        <translation>Photographs and settings of a person appear here once people are found.</translation>
    </message>
    <message>
        <source>Click a person to see photographs and settings.</source>
        <translation>Click a person to see photographs and settings.</translation>
    </message>
    <message>
        <source>Beside the footage</source>
        <translation>Beside the footage</translation>
    </message>
    <message>
        <source>About {0} for {1} frames</source>
        <translation>About {0} for {1} frames</translation>
    </message>
</context>
<context>
    <name>JobRow</name>
    <message>
        <source>Earlier</source>
        <translation>Earlier</translation>
    </message>
    <message>
        <source>Later</source>
        <translation>Later</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Pause</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>Go on</translation>
    </message>
    <message>
        <source>Try again, from where it was</source>
        <translation>Try again, from where it was</translation>
    </message>
    <message>
        <source>Cancel; what is finished is kept</source>
        <translation>Cancel; what is finished is kept</translation>
    </message>
    <message>
        <source>Show its folder</source>
        <translation>Show its folder</translation>
    </message>
    <message>
        <source>Take it off the list; the result stays</source>
        <translation>Take it off the list; the result stays</translation>
    </message>
    <message numerus="yes">
        <source>%n frame(s)</source>
        <translation>
            <numerusform>%n frame</numerusform>
            <numerusform>%n frames</numerusform>
        </translation>
    </message>
    <message>
        <source>{0} of {1} frames restored</source>
        <translation>{0} of {1} frames restored</translation>
    </message>
    <message>
        <source>Waiting</source>
        <translation>Waiting</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>Paused</translation>
    </message>
    <message>
        <source>Done</source>
        <translation>Done</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>Failed</translation>
    </message>
    <message>
        <source>Cancelled. What was finished is kept; try again to go on.</source>
        <translation>Cancelled. What was finished is kept; try again to go on.</translation>
    </message>
    <message>
        <source>Cut short. Nothing that was finished is lost; go on when you like.</source>
        <translation>Cut short. Nothing that was finished is lost; go on when you like.</translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>Restore</source>
        <translation>Restore</translation>
    </message>
    <message>
        <source>Queue</source>
        <translation>Queue</translation>
    </message>
    <message>
        <source>Hosts</source>
        <translation>Hosts</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Settings</translation>
    </message>
    <message>
        <source>&amp;File</source>
        <translation>&amp;File</translation>
    </message>
    <message>
        <source>Open footage …</source>
        <translation>Open footage …</translation>
    </message>
    <message>
        <source>Open project …</source>
        <translation>Open project …</translation>
    </message>
    <message>
        <source>Recent projects</source>
        <translation>Recent projects</translation>
    </message>
    <message>
        <source>New project</source>
        <translation>New project</translation>
    </message>
    <message>
        <source>Save project as …</source>
        <translation>Save project as …</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>Quit</translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation>&amp;Edit</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Undo</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>Redo</translation>
    </message>
    <message>
        <source>Mark in</source>
        <translation>Mark in</translation>
    </message>
    <message>
        <source>Mark out</source>
        <translation>Mark out</translation>
    </message>
    <message>
        <source>Work on the whole clip</source>
        <translation>Work on the whole clip</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>&amp;View</translation>
    </message>
    <message>
        <source>&amp;Restore</source>
        <translation>&amp;Restore</translation>
    </message>
    <message>
        <source>Analyse</source>
        <translation>Analyse</translation>
    </message>
    <message>
        <source>Preview this frame</source>
        <translation>Preview this frame</translation>
    </message>
    <message>
        <source>Choose photographs …</source>
        <translation>Choose photographs …</translation>
    </message>
    <message>
        <source>Use this frame as a photograph</source>
        <translation>Use this frame as a photograph</translation>
    </message>
    <message>
        <source>Wipe</source>
        <translation>Wipe</translation>
    </message>
    <message>
        <source>Side by side</source>
        <translation>Side by side</translation>
    </message>
    <message>
        <source>Toggle</source>
        <translation>Toggle</translation>
    </message>
    <message>
        <source>Difference</source>
        <translation>Difference</translation>
    </message>
    <message>
        <source>Zoom in</source>
        <translation>Zoom in</translation>
    </message>
    <message>
        <source>Zoom out</source>
        <translation>Zoom out</translation>
    </message>
    <message>
        <source>Fit</source>
        <translation>Fit</translation>
    </message>
    <message>
        <source>Every pixel</source>
        <translation>Every pixel</translation>
    </message>
    <message>
        <source>Faces</source>
        <translation>Faces</translation>
    </message>
    <message>
        <source>Next frame to look at</source>
        <translation>Next frame to look at</translation>
    </message>
    <message>
        <source>Last frame to look at</source>
        <translation>Last frame to look at</translation>
    </message>
    <message>
        <source>Unnamed project</source>
        <translation>Unnamed project</translation>
    </message>
    <message>
        <source>{0}  ·  saved by itself</source>
        <translation>{0}  ·  saved by itself</translation>
    </message>
    <message>
        <source>Engine starting …</source>
        <translation>Engine starting …</translation>
    </message>
    <message>
        <source>● Engine ready</source>
        <translation>● Engine ready</translation>
    </message>
    <message>
        <source>● Engine stopped</source>
        <translation>● Engine stopped</translation>
    </message>
    <message>
        <source>Queue ({0})</source>
        <translation>Queue ({0})</translation>
    </message>
    <message>
        <source>None yet</source>
        <translation>None yet</translation>
    </message>
    <message>
        <source>Footage and projects ({0});;All files (*)</source>
        <translation>Footage and projects ({0});;All files (*)</translation>
    </message>
    <message>
        <source>Open footage</source>
        <translation>Open footage</translation>
    </message>
    <message>
        <source>Projects ({0})</source>
        <translation>Projects ({0})</translation>
    </message>
    <message>
        <source>Open project</source>
        <translation>Open project</translation>
    </message>
    <message>
        <source>Save project as</source>
        <translation>Save project as</translation>
    </message>
    <message>
        <source>Photographs ({0});;All files (*)</source>
        <translation>Photographs ({0});;All files (*)</translation>
    </message>
    <message>
        <source>Choose photographs</source>
        <translation>Choose photographs</translation>
    </message>
    <message>
        <source>Folder of the results</source>
        <translation>Folder of the results</translation>
    </message>
    <message>
        <source>Save diagnostics</source>
        <translation>Save diagnostics</translation>
    </message>
</context>
<context>
    <name>NextStep</name>
    <message>
        <source>Progress</source>
        <translation>Progress</translation>
    </message>
    <message>
        <source>Restart and go on</source>
        <translation>Restart and go on</translation>
    </message>
    <message>
        <source>Preview this frame</source>
        <translation>Preview this frame</translation>
    </message>
    <message>
        <source>Open footage …</source>
        <translation>Open footage …</translation>
    </message>
    <message>
        <source>Analyse</source>
        <translation>Analyse</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Stop</translation>
    </message>
    <message>
        <source>Analyse again</source>
        <translation>Analyse again</translation>
    </message>
    <message>
        <source>Choose photographs …</source>
        <translation>Choose photographs …</translation>
    </message>
    <message>
        <source>Preview without</source>
        <translation>Preview without</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Pause</translation>
    </message>
    <message>
        <source>Show queue</source>
        <translation>Show queue</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Cancel</translation>
    </message>
    <message>
        <source>Put it into the timeline</source>
        <translation>Put it into the timeline</translation>
    </message>
    <message>
        <source>Show the result's folder</source>
        <translation>Show the result's folder</translation>
    </message>
    <message>
        <source>Show its folder</source>
        <translation>Show its folder</translation>
    </message>
    <message>
        <source>Queue</source>
        <translation>Queue</translation>
    </message>
    <message numerus="yes">
        <source>Restore %n frame(s)</source>
        <translation>
            <numerusform>Restore %n frame</numerusform>
            <numerusform>Restore %n frames</numerusform>
        </translation>
    </message>
    <message>
        <source>Starting …</source>
        <translation>Starting …</translation>
    </message>
    <message>
        <source>The restoring engine has stopped.</source>
        <translation>The restoring engine has stopped.</translation>
    </message>
    <message>
        <source>Opening …</source>
        <translation>Opening …</translation>
    </message>
    <message>
        <source>A movie, one file of an image sequence, or a project.</source>
        <translation>A movie, one file of an image sequence, or a project.</translation>
    </message>
    <message>
        <source>Finds shots and people in {0} frames. Mark in and out to take fewer.</source>
        <translation>Finds shots and people in {0} frames. Mark in and out to take fewer.</translation>
    </message>
    <message>
        <source>No faces were found. Set other marks, then try again.</source>
        <translation>No faces were found. Set other marks, then try again.</translation>
    </message>
    <message>
        <source>Tick the people who are to be restored: on the left, or click a face in the picture.</source>
        <translation>Tick the people who are to be restored: on the left, or click a face in the picture.</translation>
    </message>
    <message>
        <source>Photographs of the person keep the result that person.</source>
        <translation>Photographs of the person keep the result that person.</translation>
    </message>
    <message>
        <source>See one frame before you restore all of them.</source>
        <translation>See one frame before you restore all of them.</translation>
    </message>
    <message>
        <source>Restoring one frame …</source>
        <translation>Restoring one frame …</translation>
    </message>
    <message>
        <source>The source stays as it is; the result is a new clip.</source>
        <translation>The source stays as it is; the result is a new clip.</translation>
    </message>
    <message>
        <source>Restored. Compare it, and look at the frames that are marked under it, if any.</source>
        <translation>Restored. Compare it, and look at the frames that are marked under it, if any.</translation>
    </message>
    <message>
        <source>Looking for faces …</source>
        <translation>Looking for faces …</translation>
    </message>
    <message>
        <source>Looking for faces: {0} of {1} frames</source>
        <translation>Looking for faces: {0} of {1} frames</translation>
    </message>
    <message>
        <source>Waiting in the queue.</source>
        <translation>Waiting in the queue.</translation>
    </message>
</context>
<context>
    <name>PeoplePanel</name>
    <message>
        <source>People</source>
        <translation>People</translation>
    </message>
    <message>
        <source>Clip on screen</source>
        <translation>Clip on screen</translation>
    </message>
    <message>
        <source>Add footage</source>
        <translation>Add footage</translation>
    </message>
    <message>
        <source>Take this clip out of the project</source>
        <translation>Take this clip out of the project</translation>
    </message>
    <message>
        <source>Clip</source>
        <translation>Clip</translation>
    </message>
    <message>
        <source>No footage yet</source>
        <translation>No footage yet</translation>
    </message>
    <message>
        <source>Open footage to begin.</source>
        <translation>Open footage to begin.</translation>
    </message>
    <message>
        <source>Looking for faces …</source>
        <translation>Looking for faces …</translation>
    </message>
    <message>
        <source>Nobody is known yet. The analysis finds who appears, and where.</source>
        <translation>Nobody is known yet. The analysis finds who appears, and where.</translation>
    </message>
    <message>
        <source>No faces were found in this range.</source>
        <translation>No faces were found in this range.</translation>
    </message>
    <message>
        <source>Tick who is to be restored. Everybody else stays as they are.</source>
        <translation>Tick who is to be restored. Everybody else stays as they are.</translation>
    </message>
</context>
<context>
    <name>PersonCard</name>
    <message>
        <source>Face of person {0}</source>
        <translation>Face of person {0}</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Restore</source>
        <translation>Restore</translation>
    </message>
    <message>
        <source>Restore {0}</source>
        <translation>Restore {0}</translation>
    </message>
    <message numerus="yes">
        <source>%n shot(s)</source>
        <translation>
            <numerusform>%n shot</numerusform>
            <numerusform>%n shots</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n frame(s)</source>
        <translation>
            <numerusform>%n frame</numerusform>
            <numerusform>%n frames</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n photograph(s)</source>
        <translation>
            <numerusform>%n photograph</numerusform>
            <numerusform>%n photographs</numerusform>
        </translation>
    </message>
    <message>
        <source>{0} of {1} cannot serve</source>
        <translation>{0} of {1} cannot serve</translation>
    </message>
    <message>
        <source>{0}, please check</source>
        <translation>{0}, please check</translation>
    </message>
    <message>
        <source>No photograph yet</source>
        <translation>No photograph yet</translation>
    </message>
    <message>
        <source>Rename {0}</source>
        <translation>Rename {0}</translation>
    </message>
</context>
<context>
    <name>PhotographsBox</name>
    <message>
        <source>Photographs</source>
        <translation>Photographs</translation>
    </message>
    <message>
        <source>Drop one to five photographs here: sharp, one face, seen like the footage.</source>
        <translation>Drop one to five photographs here: sharp, one face, seen like the footage.</translation>
    </message>
    <message>
        <source>Choose …</source>
        <translation>Choose …</translation>
    </message>
    <message>
        <source>Use this frame</source>
        <translation>Use this frame</translation>
    </message>
    <message>
        <source>Take the face on screen as a photograph</source>
        <translation>Take the face on screen as a photograph</translation>
    </message>
    <message>
        <source>Photograph {0}</source>
        <translation>Photograph {0}</translation>
    </message>
    <message>
        <source>Best frames of the footage; click to add</source>
        <translation>Best frames of the footage; click to add</translation>
    </message>
    <message>
        <source>Suggested frame {0}</source>
        <translation>Suggested frame {0}</translation>
    </message>
    <message>
        <source>Being checked …</source>
        <translation>Being checked …</translation>
    </message>
    <message>
        <source>Quality {0:.0%}</source>
        <translation>Quality {0:.0%}</translation>
    </message>
    <message>
        <source>Click to remove it</source>
        <translation>Click to remove it</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Remove</translation>
    </message>
</context>
<context>
    <name>Progress</name>
    <message>
        <source>Reading</source>
        <translation>Reading</translation>
    </message>
    <message>
        <source>Finding faces</source>
        <translation>Finding faces</translation>
    </message>
    <message>
        <source>Restoring</source>
        <translation>Restoring</translation>
    </message>
    <message>
        <source>Writing</source>
        <translation>Writing</translation>
    </message>
    <message>
        <source>Starting …</source>
        <translation>Starting …</translation>
    </message>
    <message>
        <source>{0:.1f} frames/s</source>
        <translation>{0:.1f} frames/s</translation>
    </message>
    <message>
        <source>{0} left</source>
        <translation>{0} left</translation>
    </message>
</context>
<context>
    <name>ProjectState</name>
    <message>
        <source>Add {0}</source>
        <translation>Add {0}</translation>
    </message>
    <message>
        <source>Add an edit</source>
        <translation>Add an edit</translation>
    </message>
    <message>
        <source>Remove {0}</source>
        <translation>Remove {0}</translation>
    </message>
    <message>
        <source>Set marks</source>
        <translation>Set marks</translation>
    </message>
    <message>
        <source>Person {0}</source>
        <translation>Person {0}</translation>
    </message>
    <message>
        <source>Analyse</source>
        <translation>Analyse</translation>
    </message>
    <message>
        <source>Add photographs of {0}</source>
        <translation>Add photographs of {0}</translation>
    </message>
    <message>
        <source>Remove a photograph of {0}</source>
        <translation>Remove a photograph of {0}</translation>
    </message>
    <message>
        <source>Change delivery</source>
        <translation>Change delivery</translation>
    </message>
</context>
<context>
    <name>QueuePage</name>
    <message>
        <source>Queue</source>
        <translation>Queue</translation>
    </message>
    <message>
        <source>Nothing here yet. What you restore is queued here, and goes on after a crash or a power cut.</source>
        <translation>Nothing here yet. What you restore is queued here, and goes on after a crash or a power cut.</translation>
    </message>
    <message numerus="yes">
        <source>%n job(s) left. They run one after the other, and go on at the next start if you close the window.</source>
        <translation>
            <numerusform>%n job left. It goes on at the next start if you close the window.</numerusform>
            <numerusform>%n jobs left. They run one after the other, and go on at the next start if you close the window.</numerusform>
        </translation>
    </message>
    <message>
        <source>All done.</source>
        <translation>All done.</translation>
    </message>
</context>
<context>
    <name>SettingsPage</name>
    <message>
        <source>Settings</source>
        <translation>Settings</translation>
    </message>
    <message>
        <source>Look again</source>
        <translation>Look again</translation>
    </message>
    <message>
        <source>This machine</source>
        <translation>This machine</translation>
    </message>
    <message>
        <source>Model packs</source>
        <translation>Model packs</translation>
    </message>
    <message>
        <source>All</source>
        <translation>All</translation>
    </message>
    <message>
        <source>As the system</source>
        <translation>As the system</translation>
    </message>
    <message>
        <source>Compute on</source>
        <translation>Compute on</translation>
    </message>
    <message>
        <source>Automatic takes the fastest there is.</source>
        <translation>Automatic takes the fastest there is.</translation>
    </message>
    <message>
        <source>CPU threads</source>
        <translation>CPU threads</translation>
    </message>
    <message>
        <source>Fewer leave room for other work on this machine.</source>
        <translation>Fewer leave room for other work on this machine.</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>Language</translation>
    </message>
    <message>
        <source>Takes effect at the next start.</source>
        <translation>Takes effect at the next start.</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>Automatic</translation>
    </message>
    <message>
        <source>{0}, faces at {1} px, {2}</source>
        <translation>{0}, faces at {1} px, {2}</translation>
    </message>
</context>
<context>
    <name>Strip</name>
    <message>
        <source>Shots, people and identity over time</source>
        <translation>Shots, people and identity over time</translation>
    </message>
    <message>
        <source>Shots</source>
        <translation>Shots</translation>
    </message>
    <message>
        <source>Analyse to find shots and people</source>
        <translation>Analyse to find shots and people</translation>
    </message>
    <message>
        <source>Likeness to the photographs</source>
        <translation>Likeness to the photographs</translation>
    </message>
    <message>
        <source>Frame {0}: less like the person than the source. Click to look at it.</source>
        <translation>Frame {0}: less like the person than the source. Click to look at it.</translation>
    </message>
    <message>
        <source>Frame {0}: fades to the source. Click to look at it.</source>
        <translation>Frame {0}: fades to the source. Click to look at it.</translation>
    </message>
</context>
<context>
    <name>Transport</name>
    <message>
        <source>Timecode of the frame on screen; type one to go there</source>
        <translation>Timecode of the frame on screen; type one to go there</translation>
    </message>
    <message>
        <source>Play or stop</source>
        <translation>Play or stop</translation>
    </message>
    <message>
        <source>First frame</source>
        <translation>First frame</translation>
    </message>
    <message>
        <source>One frame back</source>
        <translation>One frame back</translation>
    </message>
    <message>
        <source>Play backwards; again for faster</source>
        <translation>Play backwards; again for faster</translation>
    </message>
    <message>
        <source>Play forwards; again for faster</source>
        <translation>Play forwards; again for faster</translation>
    </message>
    <message>
        <source>One frame on</source>
        <translation>One frame on</translation>
    </message>
    <message>
        <source>Last frame</source>
        <translation>Last frame</translation>
    </message>
    <message>
        <source>Work on the whole clip</source>
        <translation>Work on the whole clip</translation>
    </message>
    <message>
        <source>Mark in</source>
        <translation>Mark in</translation>
    </message>
    <message>
        <source>Mark out</source>
        <translation>Mark out</translation>
    </message>
    <message numerus="yes">
        <source>%n frame(s)</source>
        <translation>
            <numerusform>%n frame</numerusform>
            <numerusform>%n frames</numerusform>
        </translation>
    </message>
    <message>
        <source>frame {0} of {1}</source>
        <translation>frame {0} of {1}</translation>
    </message>
</context>
<context>
    <name>ViewerPane</name>
    <message>
        <source>Wipe</source>
        <translation>Wipe</translation>
    </message>
    <message>
        <source>Side by side</source>
        <translation>Side by side</translation>
    </message>
    <message>
        <source>Toggle</source>
        <translation>Toggle</translation>
    </message>
    <message>
        <source>Difference</source>
        <translation>Difference</translation>
    </message>
    <message>
        <source>Show the faces that were found</source>
        <translation>Show the faces that were found</translation>
    </message>
    <message>
        <source>Fit</source>
        <translation>Fit</translation>
    </message>
    <message>
        <source>Zoom of the viewer</source>
        <translation>Zoom of the viewer</translation>
    </message>
    <message>
        <source>Reading …</source>
        <translation>Reading …</translation>
    </message>
    <message>
        <source>Result: {0}</source>
        <translation>Result: {0}</translation>
    </message>
    <message>
        <source>Restoring this frame …</source>
        <translation>Restoring this frame …</translation>
    </message>
    <message>
        <source>Preview</source>
        <translation>Preview</translation>
    </message>
    <message>
        <source>Preview with earlier settings</source>
        <translation>Preview with earlier settings</translation>
    </message>
    <message>
        <source>{0}: no face was restored in this frame</source>
        <translation>{0}: no face was restored in this frame</translation>
    </message>
    <message>
        <source>{0}  ·  likeness {1:.2f} → {2:.2f}  ·  {3:.1f} s</source>
        <translation>{0}  ·  likeness {1:.2f} → {2:.2f}  ·  {3:.1f} s</translation>
    </message>
</context>
<context>
    <name>Welcome</name>
    <message>
        <source>Restore the faces in archival footage</source>
        <translation>Restore the faces in archival footage</translation>
    </message>
    <message>
        <source>Guided by photographs of the person. Nothing leaves this machine; the source is never touched.</source>
        <translation>Guided by photographs of the person. Nothing leaves this machine; the source is never touched.</translation>
    </message>
    <message>
        <source>Drop a movie, an image sequence or a timeline here</source>
        <translation>Drop a movie, an image sequence or a timeline here</translation>
    </message>
    <message>
        <source>Open footage …</source>
        <translation>Open footage …</translation>
    </message>
    <message>
        <source>Try the sample</source>
        <translation>Try the sample</translation>
    </message>
    <message>
        <source>Four seconds of a synthetic person, with two photographs</source>
        <translation>Four seconds of a synthetic person, with two photographs</translation>
    </message>
    <message>
        <source>Recent projects</source>
        <translation>Recent projects</translation>
    </message>
    <message>
        <source>Looking at this machine …</source>
        <translation>Looking at this machine …</translation>
    </message>
    <message>
        <source>The engine is not running</source>
        <translation>The engine is not running</translation>
    </message>
    <message>
        <source>the CPU</source>
        <translation>the CPU</translation>
    </message>
    <message>
        <source>the NVIDIA GPU</source>
        <translation>the NVIDIA GPU</translation>
    </message>
    <message>
        <source>the Apple GPU</source>
        <translation>the Apple GPU</translation>
    </message>
    <message>
        <source>Ready. Computes on {0}.</source>
        <translation>Ready. Computes on {0}.</translation>
    </message>
    <message numerus="yes">
        <source>%n model pack(s) found and checked</source>
        <translation>
            <numerusform>%n model pack found and checked</numerusform>
            <numerusform>%n model packs found and checked</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Workspace</name>
    <message>
        <source>{0} is cut off: {1} frames at its end are missing.</source>
        <translation>{0} is cut off: {1} frames at its end are missing.</translation>
    </message>
    <message>
        <source>What is there can be restored. Look for a whole copy.</source>
        <translation>What is there can be restored. Look for a whole copy.</translation>
    </message>
    <message>
        <source>{0} was damaged. This is the copy that was saved with it.</source>
        <translation>{0} was damaged. This is the copy that was saved with it.</translation>
    </message>
    <message>
        <source>Check the latest edit. The project is saved again from now on.</source>
        <translation>Check the latest edit. The project is saved again from now on.</translation>
    </message>
    <message numerus="yes">
        <source>%n item(s) of {0} cannot be restored.</source>
        <translation>
            <numerusform>%n item of {0} cannot be restored.</numerusform>
            <numerusform>%n items of {0} cannot be restored.</numerusform>
        </translation>
    </message>
    <message>
        <source>The result is in the timeline, on a track of its own.</source>
        <translation>The result is in the timeline, on a track of its own.</translation>
    </message>
    <message>
        <source>The clip below it is untouched.</source>
        <translation>The clip below it is untouched.</translation>
    </message>
    <message>
        <source>Take it out again</source>
        <translation>Take it out again</translation>
    </message>
    <message>
        <source>The result is out of the timeline again.</source>
        <translation>The result is out of the timeline again.</translation>
    </message>
    <message>
        <source>No faces were found in {0}.</source>
        <translation>No faces were found in {0}.</translation>
    </message>
    <message>
        <source>Faces narrower than about 40 pixels are not found. Try another range.</source>
        <translation>Faces narrower than about 40 pixels are not found. Try another range.</translation>
    </message>
    <message>
        <source>Whose photographs are these?</source>
        <translation>Whose photographs are these?</translation>
    </message>
    <message>
        <source>Click a person first, then drop them again.</source>
        <translation>Click a person first, then drop them again.</translation>
    </message>
    <message>
        <source>Five photographs are the most; {0} were left out.</source>
        <translation>Five photographs are the most; {0} were left out.</translation>
    </message>
    <message>
        <source>Keep the sharpest, seen like the footage.</source>
        <translation>Keep the sharpest, seen like the footage.</translation>
    </message>
    <message>
        <source>Restore {0}</source>
        <translation>Restore {0}</translation>
    </message>
    <message>
        <source>Leave {0} alone</source>
        <translation>Leave {0} alone</translation>
    </message>
    <message>
        <source>Click a person, and move to a frame that shows the face.</source>
        <translation>Click a person, and move to a frame that shows the face.</translation>
    </message>
    <message>
        <source>There is no face of this person on screen.</source>
        <translation>There is no face of this person on screen.</translation>
    </message>
    <message>
        <source>Choose another folder.</source>
        <translation>Choose another folder.</translation>
    </message>
    <message numerus="yes">
        <source>%n restoration(s) did not finish last time.</source>
        <translation>
            <numerusform>%n restoration did not finish last time.</numerusform>
            <numerusform>%n restorations did not finish last time.</numerusform>
        </translation>
    </message>
    <message>
        <source>Nothing that was finished is lost.</source>
        <translation>Nothing that was finished is lost.</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>Continue</translation>
    </message>
    <message>
        <source>The restoring engine has stopped.</source>
        <translation>The restoring engine has stopped.</translation>
    </message>
    <message>
        <source>Your project and everything that was finished are safe.</source>
        <translation>Your project and everything that was finished are safe.</translation>
    </message>
    <message>
        <source>Restart and go on</source>
        <translation>Restart and go on</translation>
    </message>
    <message>
        <source>{0} is restored.</source>
        <translation>{0} is restored.</translation>
    </message>
    <message>
        <source>Compare it here, or open its folder from the queue.</source>
        <translation>Compare it here, or open its folder from the queue.</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Try again</translation>
    </message>
</context>
</TS>
