<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en_US" sourcelanguage="en">
<context>
    <name>CoreWatch</name>
    <message numerus="yes">
        <source>%n restoration(s) did not finish last time.</source>
        <translation>
            <numerusform>%n restoration did not finish last time.</numerusform>
            <numerusform>%n restorations did not finish last time.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>HostsPage</name>
    <message numerus="yes">
        <source>Add %n clip(s) to the project</source>
        <translation>
            <numerusform>Add %n clip to the project</numerusform>
            <numerusform>Add %n clips to the project</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>JobRow</name>
    <message numerus="yes">
        <source>%n frame(s)</source>
        <translation>
            <numerusform>%n frame</numerusform>
            <numerusform>%n frames</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>LookBox</name>
    <message numerus="yes">
        <source>%n keyframe(s)</source>
        <translation>
            <numerusform>%n keyframe</numerusform>
            <numerusform>%n keyframes</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>NextStep</name>
    <message numerus="yes">
        <source>Restore %n frame(s)</source>
        <translation>
            <numerusform>Restore %n frame</numerusform>
            <numerusform>Restore %n frames</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>PersonCard</name>
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
</context>
<context>
    <name>QueuePage</name>
    <message numerus="yes">
        <source>%n job(s) left. They run one after the other, and go on at the next start if you close the window.</source>
        <translation>
            <numerusform>%n job left. It goes on at the next start if you close the window.</numerusform>
            <numerusform>%n jobs left. They run one after the other, and go on at the next start if you close the window.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Transport</name>
    <message numerus="yes">
        <source>%n frame(s)</source>
        <translation>
            <numerusform>%n frame</numerusform>
            <numerusform>%n frames</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Welcome</name>
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
    <message numerus="yes">
        <source>%n item(s) of {0} cannot be restored.</source>
        <translation>
            <numerusform>%n item of {0} cannot be restored.</numerusform>
            <numerusform>%n items of {0} cannot be restored.</numerusform>
        </translation>
    </message>
</context>
</TS>
