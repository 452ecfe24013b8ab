<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de_DE" sourcelanguage="en">
<context>
    <name>AdvancedBox</name>
    <message>
        <source>Advanced</source>
        <translation>Erweitert</translation>
    </message>
    <message>
        <source>Frame as it is</source>
        <translation>Bild wie es ist</translation>
    </message>
    <message>
        <source>Enlarged × {0}</source>
        <translation>Vergrößert × {0}</translation>
    </message>
    <message>
        <source>Size of the result</source>
        <translation>Größe des Ergebnisses</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>Times that each face is worked on; more is slower, and not always better</source>
        <translation>Wie oft an jedem Gesicht gearbeitet wird; mehr ist langsamer und nicht immer besser</translation>
    </message>
    <message>
        <source>Steps</source>
        <translation>Schritte</translation>
    </message>
    <message>
        <source>Seed of the noise: the same seed gives the same result</source>
        <translation>Startwert des Rauschens: gleicher Wert, gleiches Ergebnis</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>Startwert</translation>
    </message>
    <message>
        <source>Fade to the source where in doubt</source>
        <translation>Im Zweifel zur Quelle überblenden</translation>
    </message>
    <message>
        <source>Fading</source>
        <translation>Überblendung</translation>
    </message>
    <message>
        <source>Defects</source>
        <translation>Fehler</translation>
    </message>
    <message>
        <source>Away from blur, noise and blocks</source>
        <translation>Weg von Unschärfe, Rauschen und Blöcken</translation>
    </message>
    <message>
        <source>Opposites</source>
        <translation>Gegenteil</translation>
    </message>
    <message>
        <source>Away from the opposite of what the face shows</source>
        <translation>Weg vom Gegenteil dessen, was das Gesicht zeigt</translation>
    </message>
    <message>
        <source>Anybody</source>
        <translation>Irgendwer</translation>
    </message>
    <message>
        <source>Away from the face that comes out without photographs</source>
        <translation>Weg von dem Gesicht, das ohne Fotos herauskäme</translation>
    </message>
    <message>
        <source>Steer away from</source>
        <translation>Wegsteuern von</translation>
    </message>
    <message>
        <source>0 is off. Each one that is on takes as long again.</source>
        <translation>0 ist aus. Jeder Regler über 0 kostet noch einmal die Zeit.</translation>
    </message>
    <message>
        <source>Change {0}</source>
        <translation>{0} ändern</translation>
    </message>
</context>
<context>
    <name>AttributesBox</name>
    <message>
        <source>What the face shows</source>
        <translation>Was das Gesicht zeigt</translation>
    </message>
    <message>
        <source>Say something else about the face</source>
        <translation>Etwas anderes über das Gesicht sagen</translation>
    </message>
    <message>
        <source>Click to say it otherwise</source>
        <translation>Klicken, um es anders zu sagen</translation>
    </message>
    <message>
        <source>Wholly</source>
        <translation>Ganz</translation>
    </message>
    <message>
        <source>Half</source>
        <translation>Halb</translation>
    </message>
    <message>
        <source>Not at all</source>
        <translation>Gar nicht</translation>
    </message>
    <message>
        <source>As measured</source>
        <translation>Wie gemessen</translation>
    </message>
    <message>
        <source>Describe the face</source>
        <translation>Gesicht beschreiben</translation>
    </message>
</context>
<context>
    <name>Banners</name>
    <message>
        <source>Dismiss</source>
        <translation>Schließen</translation>
    </message>
</context>
<context>
    <name>CompareView</name>
    <message>
        <source>Viewer: source and result</source>
        <translation>Betrachter: Quelle und Ergebnis</translation>
    </message>
    <message>
        <source>Source</source>
        <translation>Quelle</translation>
    </message>
    <message>
        <source>Result</source>
        <translation>Ergebnis</translation>
    </message>
    <message>
        <source>No result yet</source>
        <translation>Noch kein Ergebnis</translation>
    </message>
    <message>
        <source>Difference × 4</source>
        <translation>Differenz × 4</translation>
    </message>
</context>
<context>
    <name>CoreWatch</name>
    <message>
        <source>The restoring engine has stopped.</source>
        <translation>Der Rechenkern ist stehengeblieben.</translation>
    </message>
    <message>
        <source>Your project and everything that was finished are safe.</source>
        <translation>Das Projekt und alles Fertige sind sicher.</translation>
    </message>
    <message>
        <source>Restart and go on</source>
        <translation>Neu starten und fortsetzen</translation>
    </message>
    <message numerus="yes">
        <source>%n restoration(s) did not finish last time.</source>
        <translation>
            <numerusform>%n Restaurierung wurde letztes Mal nicht fertig.</numerusform>
            <numerusform>%n Restaurierungen wurden letztes Mal nicht fertig.</numerusform>
        </translation>
    </message>
    <message>
        <source>Nothing that was finished is lost.</source>
        <translation>Nichts Fertiges ist verloren.</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>Fortsetzen</translation>
    </message>
</context>
<context>
    <name>DeliveryBox</name>
    <message>
        <source>Delivery</source>
        <translation>Ausgabe</translation>
    </message>
    <message>
        <source>What is written</source>
        <translation>Was geschrieben wird</translation>
    </message>
    <message>
        <source>Matte of what changed, beside it</source>
        <translation>Maske der Änderungen daneben</translation>
    </message>
    <message>
        <source>Change …</source>
        <translation>Ändern …</translation>
    </message>
    <message>
        <source>Choose the folder of the results</source>
        <translation>Ordner der Ergebnisse wählen</translation>
    </message>
    <message>
        <source>Beside the footage</source>
        <translation>Neben dem Material</translation>
    </message>
    <message>
        <source>About {0} for {1} frames</source>
        <translation>Etwa {0} für {1} Bilder</translation>
    </message>
</context>
<context>
    <name>Face</name>
    <message>
        <source>mouth open</source>
        <translation>Mund offen</translation>
    </message>
    <message>
        <source>smiling</source>
        <translation>lächelt</translation>
    </message>
    <message>
        <source>eyes closed</source>
        <translation>Augen zu</translation>
    </message>
    <message>
        <source>looking left</source>
        <translation>blickt nach links</translation>
    </message>
    <message>
        <source>looking right</source>
        <translation>blickt nach rechts</translation>
    </message>
    <message>
        <source>looking up</source>
        <translation>blickt nach oben</translation>
    </message>
    <message>
        <source>looking down</source>
        <translation>blickt nach unten</translation>
    </message>
    <message>
        <source>brows raised</source>
        <translation>Brauen gehoben</translation>
    </message>
    <message>
        <source>black and white</source>
        <translation>schwarzweiß</translation>
    </message>
    <message>
        <source>beard</source>
        <translation>Bart</translation>
    </message>
    <message>
        <source>moustache</source>
        <translation>Schnurrbart</translation>
    </message>
    <message>
        <source>glasses</source>
        <translation>Brille</translation>
    </message>
    <message>
        <source>bald</source>
        <translation>kahl</translation>
    </message>
    <message>
        <source>long hair</source>
        <translation>langes Haar</translation>
    </message>
    <message>
        <source>child</source>
        <translation>Kind</translation>
    </message>
    <message>
        <source>young</source>
        <translation>jung</translation>
    </message>
    <message>
        <source>middle-aged</source>
        <translation>mittleren Alters</translation>
    </message>
    <message>
        <source>old</source>
        <translation>alt</translation>
    </message>
    <message>
        <source>wrinkles</source>
        <translation>Falten</translation>
    </message>
    <message>
        <source>freckles</source>
        <translation>Sommersprossen</translation>
    </message>
    <message>
        <source>make-up</source>
        <translation>geschminkt</translation>
    </message>
    <message>
        <source>blurred</source>
        <translation>unscharf</translation>
    </message>
    <message>
        <source>noisy</source>
        <translation>verrauscht</translation>
    </message>
    <message>
        <source>blocky</source>
        <translation>blockig</translation>
    </message>
    <message>
        <source>front</source>
        <translation>von vorn</translation>
    </message>
    <message>
        <source>half left</source>
        <translation>halb links</translation>
    </message>
    <message>
        <source>half right</source>
        <translation>halb rechts</translation>
    </message>
    <message>
        <source>left</source>
        <translation>links</translation>
    </message>
    <message>
        <source>right</source>
        <translation>rechts</translation>
    </message>
</context>
<context>
    <name>Formats</name>
    <message>
        <source>EXR frames</source>
        <translation>EXR-Bilder</translation>
    </message>
    <message>
        <source>TIFF frames, 16 bit</source>
        <translation>TIFF-Bilder, 16 Bit</translation>
    </message>
    <message>
        <source>DPX frames, 10 bit</source>
        <translation>DPX-Bilder, 10 Bit</translation>
    </message>
    <message>
        <source>PNG frames, 16 bit</source>
        <translation>PNG-Bilder, 16 Bit</translation>
    </message>
    <message>
        <source>H.264, to look at</source>
        <translation>H.264, zur Ansicht</translation>
    </message>
</context>
<context>
    <name>HostsPage</name>
    <message>
        <source>Editing applications</source>
        <translation>Schnittprogramme</translation>
    </message>
    <message>
        <source>Install</source>
        <translation>Installieren</translation>
    </message>
    <message>
        <source>Repair</source>
        <translation>Reparieren</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Save diagnostics …</source>
        <translation>Diagnose sichern …</translation>
    </message>
    <message>
        <source>What is installed where</source>
        <translation>Was wo installiert ist</translation>
    </message>
    <message>
        <source>Connect</source>
        <translation>Verbinden</translation>
    </message>
    <message>
        <source>Between in and out</source>
        <translation>Zwischen In und Out</translation>
    </message>
    <message>
        <source>Selected clips</source>
        <translation>Ausgewählte Clips</translation>
    </message>
    <message>
        <source>Clip at the playhead</source>
        <translation>Clip am Abspielkopf</translation>
    </message>
    <message>
        <source>Whole timeline</source>
        <translation>Ganze Timeline</translation>
    </message>
    <message>
        <source>Take from the timeline</source>
        <translation>Aus der Timeline übernehmen</translation>
    </message>
    <message>
        <source>Look again</source>
        <translation>Erneut prüfen</translation>
    </message>
    <message>
        <source>Looking …</source>
        <translation>Wird gesucht …</translation>
    </message>
    <message>
        <source>Not connected</source>
        <translation>Nicht verbunden</translation>
    </message>
    <message>
        <source>through its Scripts menu</source>
        <translation>über sein Skript-Menü</translation>
    </message>
    <message>
        <source>through its scripting library</source>
        <translation>über seine Skript-Bibliothek</translation>
    </message>
    <message>
        <source>Connected {0}. Project: {1}</source>
        <translation>Verbunden {0}. Projekt: {1}</translation>
    </message>
    <message>
        <source>Likeness works without one, too: open footage or a timeline file, and import the result yourself.</source>
        <translation>Likeness arbeitet auch ohne: Material oder eine Timeline-Datei öffnen und das Ergebnis selbst importieren.</translation>
    </message>
    <message numerus="yes">
        <source>Add %n clip(s) to the project</source>
        <translation>
            <numerusform>%n Clip ins Projekt übernehmen</numerusform>
            <numerusform>%n Clips ins Projekt übernehmen</numerusform>
        </translation>
    </message>
    <message>
        <source>Left out: make a plain clip of it there, and take it again.</source>
        <translation>Ausgelassen: dort einen einfachen Clip daraus machen und ihn noch einmal übernehmen.</translation>
    </message>
    <message>
        <source>Rendering {0} of {1} …</source>
        <translation>{0} von {1} gerendert …</translation>
    </message>
    <message>
        <source>Render and add</source>
        <translation>Rendern und übernehmen</translation>
    </message>
    <message>
        <source>The editing application renders this clip to EXR frames, grade included; they are restored</source>
        <translation>Das Schnittprogramm rendert diesen Clip samt Farbkorrektur als EXR-Bilder; diese werden restauriert</translation>
    </message>
    <message>
        <source>installed</source>
        <translation>installiert</translation>
    </message>
    <message>
        <source>out of date: repair it</source>
        <translation>veraltet: bitte reparieren</translation>
    </message>
    <message>
        <source>something that is not ours is in its place</source>
        <translation>an dieser Stelle liegt etwas Fremdes</translation>
    </message>
    <message>
        <source>not installed</source>
        <translation>nicht installiert</translation>
    </message>
    <message>
        <source>Press Connect to look.</source>
        <translation>„Verbinden“ drücken, um nachzusehen.</translation>
    </message>
</context>
<context>
    <name>IdentityBox</name>
    <message>
        <source>Progress</source>
        <translation>Fortschritt</translation>
    </message>
    <message>
        <source>Choose …</source>
        <translation>Wählen …</translation>
    </message>
    <message>
        <source>Make one …</source>
        <translation>Anlegen …</translation>
    </message>
    <message>
        <source>Choose an identity pack</source>
        <translation>Identitätspaket wählen</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Use the photographs</source>
        <translation>Fotos verwenden</translation>
    </message>
    <message>
        <source>Identity pack</source>
        <translation>Identitätspaket</translation>
    </message>
    <message>
        <source>For somebody you restore often: carries up to {0} photographs, and takes the nearest for each face.</source>
        <translation>Für jemanden, der oft restauriert wird: trägt bis zu {0} Fotos und nimmt für jedes Gesicht das nächste.</translation>
    </message>
    <message>
        <source>Choose photographs to add to these: the more, the better; takes minutes</source>
        <translation>Fotos wählen, die zu diesen hinzukommen: je mehr, desto besser; dauert Minuten</translation>
    </message>
    <message>
        <source>Likeness {0:.2f} without it, {1:.2f} with it</source>
        <translation>Ähnlichkeit {0:.2f} ohne, {1:.2f} mit</translation>
    </message>
</context>
<context>
    <name>Inspector</name>
    <message>
        <source>Photographs and settings of a person appear here once people are found.</source>
        <translation>Fotos und Einstellungen einer Person erscheinen hier, sobald Personen gefunden sind.</translation>
    </message>
    <message>
        <source>Click a person to see photographs and settings.</source>
        <translation>Eine Person anklicken, um Fotos und Einstellungen zu sehen.</translation>
    </message>
</context>
<context>
    <name>JobRow</name>
    <message>
        <source>Earlier</source>
        <translation>Früher</translation>
    </message>
    <message>
        <source>Later</source>
        <translation>Später</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Pause</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>Fortsetzen</translation>
    </message>
    <message>
        <source>Try again, from where it was</source>
        <translation>Erneut versuchen, von dort an</translation>
    </message>
    <message>
        <source>Cancel; what is finished is kept</source>
        <translation>Abbrechen; Fertiges bleibt erhalten</translation>
    </message>
    <message>
        <source>Show its folder</source>
        <translation>Ordner zeigen</translation>
    </message>
    <message>
        <source>Take it off the list; the result stays</source>
        <translation>Von der Liste nehmen; das Ergebnis bleibt</translation>
    </message>
    <message numerus="yes">
        <source>%n frame(s)</source>
        <translation>
            <numerusform>%n Bild</numerusform>
            <numerusform>%n Bilder</numerusform>
        </translation>
    </message>
    <message>
        <source>{0} of {1} frames restored</source>
        <translation>{0} von {1} Bildern restauriert</translation>
    </message>
    <message>
        <source>Waiting</source>
        <translation>Wartet</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>Angehalten</translation>
    </message>
    <message>
        <source>Done</source>
        <translation>Fertig</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>Fehlgeschlagen</translation>
    </message>
    <message>
        <source>Cancelled. What was finished is kept; try again to go on.</source>
        <translation>Abgebrochen. Fertiges bleibt erhalten; ein neuer Versuch setzt fort.</translation>
    </message>
    <message>
        <source>Cut short. Nothing that was finished is lost; go on when you like.</source>
        <translation>Unterbrochen. Nichts Fertiges ist verloren; jederzeit fortsetzbar.</translation>
    </message>
</context>
<context>
    <name>LookBox</name>
    <message>
        <source>Fast</source>
        <translation>Schnell</translation>
    </message>
    <message>
        <source>Quality</source>
        <translation>Qualität</translation>
    </message>
    <message>
        <source>Quality works on each face twice as long</source>
        <translation>Qualität arbeitet doppelt so lange an jedem Gesicht</translation>
    </message>
    <message>
        <source>Look</source>
        <translation>Wirkung</translation>
    </message>
    <message>
        <source>Strength</source>
        <translation>Stärke</translation>
    </message>
    <message>
        <source>How much of the result replaces the source; 0 leaves it untouched</source>
        <translation>Wie viel vom Ergebnis die Quelle ersetzt; 0 lässt sie unberührt</translation>
    </message>
    <message>
        <source>Fidelity</source>
        <translation>Treue</translation>
    </message>
    <message>
        <source>How closely to follow the footage; 1 lets only fine detail change</source>
        <translation>Wie eng dem Material gefolgt wird; bei 1 ändern sich nur feine Details</translation>
    </message>
    <message>
        <source>Likeness</source>
        <translation>Ähnlichkeit</translation>
    </message>
    <message>
        <source>How closely to follow the photographs; 0 ignores them</source>
        <translation>Wie eng den Fotos gefolgt wird; 0 übergeht sie</translation>
    </message>
    <message>
        <source>Grain</source>
        <translation>Korn</translation>
    </message>
    <message>
        <source>Share of the footage&apos;s own grain that is put back</source>
        <translation>Anteil des Filmkorns, der zurückgegeben wird</translation>
    </message>
    <message>
        <source>Go to the keyframe before</source>
        <translation>Zum vorigen Keyframe</translation>
    </message>
    <message>
        <source>Go to the next keyframe</source>
        <translation>Zum nächsten Keyframe</translation>
    </message>
    <message>
        <source>Remove a keyframe</source>
        <translation>Keyframe entfernen</translation>
    </message>
    <message>
        <source>Set a keyframe</source>
        <translation>Keyframe setzen</translation>
    </message>
    <message>
        <source>Change {0}</source>
        <translation>{0} ändern</translation>
    </message>
    <message numerus="yes">
        <source>%n keyframe(s)</source>
        <translation>
            <numerusform>%n Keyframe</numerusform>
            <numerusform>%n Keyframes</numerusform>
        </translation>
    </message>
    <message>
        <source>The same all through</source>
        <translation>Durchgehend gleich</translation>
    </message>
    <message>
        <source>Remove this keyframe</source>
        <translation>Diesen Keyframe entfernen</translation>
    </message>
    <message>
        <source>Set a keyframe of the strength here</source>
        <translation>Hier einen Keyframe der Stärke setzen</translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>Restore</source>
        <translation>Restaurieren</translation>
    </message>
    <message>
        <source>Queue</source>
        <translation>Warteschlange</translation>
    </message>
    <message>
        <source>Hosts</source>
        <translation>Programme</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>&amp;File</source>
        <translation>&amp;Datei</translation>
    </message>
    <message>
        <source>Open footage …</source>
        <translation>Material öffnen …</translation>
    </message>
    <message>
        <source>Open project …</source>
        <translation>Projekt öffnen …</translation>
    </message>
    <message>
        <source>Recent projects</source>
        <translation>Letzte Projekte</translation>
    </message>
    <message>
        <source>New project</source>
        <translation>Neues Projekt</translation>
    </message>
    <message>
        <source>Save project as …</source>
        <translation>Projekt sichern als …</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>Beenden</translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation>&amp;Bearbeiten</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>Wiederholen</translation>
    </message>
    <message>
        <source>Mark in</source>
        <translation>In setzen</translation>
    </message>
    <message>
        <source>Mark out</source>
        <translation>Out setzen</translation>
    </message>
    <message>
        <source>Work on the whole clip</source>
        <translation>Ganzen Clip bearbeiten</translation>
    </message>
    <message>
        <source>Keyframe of the strength, set or remove</source>
        <translation>Keyframe der Stärke setzen oder entfernen</translation>
    </message>
    <message>
        <source>Next keyframe</source>
        <translation>Nächster Keyframe</translation>
    </message>
    <message>
        <source>Keyframe before</source>
        <translation>Voriger Keyframe</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>&amp;Ansicht</translation>
    </message>
    <message>
        <source>&amp;Restore</source>
        <translation>&amp;Restaurieren</translation>
    </message>
    <message>
        <source>Analyse</source>
        <translation>Analysieren</translation>
    </message>
    <message>
        <source>Preview this frame</source>
        <translation>Vorschau dieses Bildes</translation>
    </message>
    <message>
        <source>Choose photographs …</source>
        <translation>Fotos wählen …</translation>
    </message>
    <message>
        <source>Use this frame as a photograph</source>
        <translation>Dieses Bild als Foto verwenden</translation>
    </message>
    <message>
        <source>Wipe</source>
        <translation>Schieber</translation>
    </message>
    <message>
        <source>Side by side</source>
        <translation>Nebeneinander</translation>
    </message>
    <message>
        <source>Toggle</source>
        <translation>Wechsel</translation>
    </message>
    <message>
        <source>Difference</source>
        <translation>Differenz</translation>
    </message>
    <message>
        <source>Zoom in</source>
        <translation>Vergrößern</translation>
    </message>
    <message>
        <source>Zoom out</source>
        <translation>Verkleinern</translation>
    </message>
    <message>
        <source>Fit</source>
        <translation>Einpassen</translation>
    </message>
    <message>
        <source>Every pixel</source>
        <translation>Jedes Pixel</translation>
    </message>
    <message>
        <source>Faces</source>
        <translation>Gesichter</translation>
    </message>
    <message>
        <source>Next frame to look at</source>
        <translation>Nächstes auffälliges Bild</translation>
    </message>
    <message>
        <source>Last frame to look at</source>
        <translation>Voriges auffälliges Bild</translation>
    </message>
    <message>
        <source>Unnamed project</source>
        <translation>Projekt ohne Namen</translation>
    </message>
    <message>
        <source>{0}  ·  saved by itself</source>
        <translation>{0}  ·  automatisch gesichert</translation>
    </message>
    <message>
        <source>Engine starting …</source>
        <translation>Rechenkern startet …</translation>
    </message>
    <message>
        <source>● Engine ready</source>
        <translation>● Rechenkern bereit</translation>
    </message>
    <message>
        <source>● Engine stopped</source>
        <translation>● Rechenkern angehalten</translation>
    </message>
    <message>
        <source>Queue ({0})</source>
        <translation>Warteschlange ({0})</translation>
    </message>
    <message>
        <source>None yet</source>
        <translation>Noch keine</translation>
    </message>
    <message>
        <source>Footage, timelines and projects ({0});;All files (*)</source>
        <translation>Material, Timelines und Projekte ({0});;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>Open footage</source>
        <translation>Material öffnen</translation>
    </message>
    <message>
        <source>Projects ({0})</source>
        <translation>Projekte ({0})</translation>
    </message>
    <message>
        <source>Open project</source>
        <translation>Projekt öffnen</translation>
    </message>
    <message>
        <source>Save project as</source>
        <translation>Projekt sichern als</translation>
    </message>
    <message>
        <source>Photographs ({0});;All files (*)</source>
        <translation>Fotos ({0});;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>Choose photographs</source>
        <translation>Fotos wählen</translation>
    </message>
    <message>
        <source>Choose an identity pack</source>
        <translation>Identitätspaket wählen</translation>
    </message>
    <message>
        <source>Photographs for the identity pack: up to {0}</source>
        <translation>Fotos für das Identitätspaket: bis zu {0}</translation>
    </message>
    <message>
        <source>Folder of the results</source>
        <translation>Ordner der Ergebnisse</translation>
    </message>
    <message>
        <source>Save diagnostics</source>
        <translation>Diagnose sichern</translation>
    </message>
</context>
<context>
    <name>NextStep</name>
    <message>
        <source>Progress</source>
        <translation>Fortschritt</translation>
    </message>
    <message>
        <source>Restart and go on</source>
        <translation>Neu starten und fortsetzen</translation>
    </message>
    <message>
        <source>Preview this frame</source>
        <translation>Vorschau dieses Bildes</translation>
    </message>
    <message>
        <source>Open footage …</source>
        <translation>Material öffnen …</translation>
    </message>
    <message>
        <source>Analyse</source>
        <translation>Analysieren</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Analyse again</source>
        <translation>Erneut analysieren</translation>
    </message>
    <message>
        <source>Choose photographs …</source>
        <translation>Fotos wählen …</translation>
    </message>
    <message>
        <source>Preview without</source>
        <translation>Vorschau ohne</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Pause</translation>
    </message>
    <message>
        <source>Show queue</source>
        <translation>Warteschlange zeigen</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Put it into the timeline</source>
        <translation>In die Timeline einsetzen</translation>
    </message>
    <message>
        <source>Show the result&apos;s folder</source>
        <translation>Ordner des Ergebnisses zeigen</translation>
    </message>
    <message>
        <source>Show its folder</source>
        <translation>Ordner zeigen</translation>
    </message>
    <message>
        <source>Queue</source>
        <translation>Warteschlange</translation>
    </message>
    <message numerus="yes">
        <source>Restore %n frame(s)</source>
        <translation>
            <numerusform>%n Bild restaurieren</numerusform>
            <numerusform>%n Bilder restaurieren</numerusform>
        </translation>
    </message>
    <message>
        <source>Starting …</source>
        <translation>Startet …</translation>
    </message>
    <message>
        <source>The restoring engine has stopped.</source>
        <translation>Der Rechenkern ist stehengeblieben.</translation>
    </message>
    <message>
        <source>Opening …</source>
        <translation>Wird geöffnet …</translation>
    </message>
    <message>
        <source>Finds shots and people in {0} frames. Mark in and out to take fewer.</source>
        <translation>Findet Einstellungen und Personen in {0} Bildern. Mit In und Out wird es weniger.</translation>
    </message>
    <message>
        <source>No faces were found. Set other marks, then try again.</source>
        <translation>Keine Gesichter gefunden. Andere Marken setzen und erneut versuchen.</translation>
    </message>
    <message>
        <source>Photographs show who this is. Without one there is only the footage to go by.</source>
        <translation>Fotos zeigen, wer das ist. Ohne Foto gibt es nur das Material selbst.</translation>
    </message>
    <message>
        <source>One person was found. Is this who is to be restored?</source>
        <translation>Eine Person wurde gefunden. Soll sie restauriert werden?</translation>
    </message>
    <message>
        <source>Tick the people who are to be restored: on the left, or click a face in the picture.</source>
        <translation>Ankreuzen, wer restauriert werden soll: links oder durch Klick auf ein Gesicht im Bild.</translation>
    </message>
    <message>
        <source>See one frame before you restore all of them.</source>
        <translation>Erst ein Bild ansehen, dann alle restaurieren.</translation>
    </message>
    <message>
        <source>Restoring one frame …</source>
        <translation>Ein Bild wird restauriert …</translation>
    </message>
    <message>
        <source>The source stays as it is; the result is a new clip.</source>
        <translation>Die Quelle bleibt, wie sie ist; das Ergebnis ist ein neuer Clip.</translation>
    </message>
    <message>
        <source>Restored. Compare it, and look at the frames that are marked under it, if any.</source>
        <translation>Restauriert. Vergleichen und gegebenenfalls die darunter markierten Bilder ansehen.</translation>
    </message>
    <message>
        <source>Yes, choose {0}</source>
        <translation>Ja, {0} auswählen</translation>
    </message>
    <message>
        <source>A movie, one file of an image sequence, a timeline or a project.</source>
        <translation>Ein Film, eine Datei einer Bildfolge, eine Timeline oder ein Projekt.</translation>
    </message>
    <message>
        <source>{0} are restored together; the result is a new clip.</source>
        <translation>{0} werden zusammen restauriert; das Ergebnis ist ein neuer Clip.</translation>
    </message>
    <message>
        <source>Looking for faces …</source>
        <translation>Gesichter werden gesucht …</translation>
    </message>
    <message>
        <source>Looking for faces: {0} of {1} frames</source>
        <translation>Gesichter werden gesucht: {0} von {1} Bildern</translation>
    </message>
    <message>
        <source>Waiting in the queue.</source>
        <translation>Wartet in der Warteschlange.</translation>
    </message>
</context>
<context>
    <name>PeoplePanel</name>
    <message>
        <source>People</source>
        <translation>Personen</translation>
    </message>
    <message>
        <source>Clip on screen</source>
        <translation>Clip auf dem Schirm</translation>
    </message>
    <message>
        <source>Add footage</source>
        <translation>Material hinzufügen</translation>
    </message>
    <message>
        <source>Take this clip out of the project</source>
        <translation>Diesen Clip aus dem Projekt nehmen</translation>
    </message>
    <message>
        <source>Clip</source>
        <translation>Clip</translation>
    </message>
    <message>
        <source>No footage yet</source>
        <translation>Noch kein Material</translation>
    </message>
    <message>
        <source>Open footage to begin.</source>
        <translation>Zum Beginnen Material öffnen.</translation>
    </message>
    <message>
        <source>Looking for faces …</source>
        <translation>Gesichter werden gesucht …</translation>
    </message>
    <message>
        <source>Nobody is known yet. The analysis finds who appears, and where.</source>
        <translation>Noch ist niemand bekannt. Die Analyse findet, wer wo zu sehen ist.</translation>
    </message>
    <message>
        <source>No faces were found in this range.</source>
        <translation>In diesem Bereich wurden keine Gesichter gefunden.</translation>
    </message>
    <message>
        <source>Tick who is to be restored. Everybody else stays as they are.</source>
        <translation>Ankreuzen, wer restauriert werden soll. Alle anderen bleiben, wie sie sind.</translation>
    </message>
</context>
<context>
    <name>PersonCard</name>
    <message>
        <source>Face of person {0}</source>
        <translation>Gesicht von Person {0}</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Restore</source>
        <translation>Restaurieren</translation>
    </message>
    <message>
        <source>Restore {0}</source>
        <translation>{0} restaurieren</translation>
    </message>
    <message numerus="yes">
        <source>%n shot(s)</source>
        <translation>
            <numerusform>%n Einstellung</numerusform>
            <numerusform>%n Einstellungen</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n frame(s)</source>
        <translation>
            <numerusform>%n Bild</numerusform>
            <numerusform>%n Bilder</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n photograph(s)</source>
        <translation>
            <numerusform>%n Foto</numerusform>
            <numerusform>%n Fotos</numerusform>
        </translation>
    </message>
    <message>
        <source>{0} of {1} cannot serve</source>
        <translation>{0} von {1} unbrauchbar</translation>
    </message>
    <message>
        <source>{0}, please check</source>
        <translation>{0}, bitte prüfen</translation>
    </message>
    <message>
        <source>No photograph yet</source>
        <translation>Noch kein Foto</translation>
    </message>
    <message>
        <source>Rename {0}</source>
        <translation>{0} umbenennen</translation>
    </message>
</context>
<context>
    <name>PhotographsBox</name>
    <message>
        <source>Photographs</source>
        <translation>Fotos</translation>
    </message>
    <message>
        <source>Drop one to five photographs here: sharp, one face, seen like the footage.</source>
        <translation>Ein bis fünf Fotos hierher ziehen: scharf, ein Gesicht, gesehen wie im Material.</translation>
    </message>
    <message>
        <source>Choose …</source>
        <translation>Wählen …</translation>
    </message>
    <message>
        <source>Use this frame</source>
        <translation>Dieses Bild</translation>
    </message>
    <message>
        <source>Take the face on screen as a photograph</source>
        <translation>Das Gesicht auf dem Schirm als Foto nehmen</translation>
    </message>
    <message>
        <source>Photograph {0}</source>
        <translation>Foto {0}</translation>
    </message>
    <message>
        <source>Best frames of the footage; click to add</source>
        <translation>Beste Bilder des Materials; Klick übernimmt</translation>
    </message>
    <message>
        <source>Suggested frame {0}</source>
        <translation>Vorgeschlagenes Bild {0}</translation>
    </message>
    <message>
        <source>Being checked …</source>
        <translation>Wird geprüft …</translation>
    </message>
    <message>
        <source>Quality {0:.0%}</source>
        <translation>Güte {0:.0%}</translation>
    </message>
    <message>
        <source>Click to remove it</source>
        <translation>Klick entfernt es</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
</context>
<context>
    <name>Progress</name>
    <message>
        <source>Reading</source>
        <translation>Lesen</translation>
    </message>
    <message>
        <source>Finding faces</source>
        <translation>Gesichter suchen</translation>
    </message>
    <message>
        <source>Restoring</source>
        <translation>Restaurieren</translation>
    </message>
    <message>
        <source>Writing</source>
        <translation>Schreiben</translation>
    </message>
    <message>
        <source>Starting …</source>
        <translation>Startet …</translation>
    </message>
    <message>
        <source>{0:.1f} frames/s</source>
        <translation>{0:.1f} Bilder/s</translation>
    </message>
    <message>
        <source>{0} left</source>
        <translation>noch {0}</translation>
    </message>
</context>
<context>
    <name>ProjectState</name>
    <message>
        <source>Add {0}</source>
        <translation>{0} hinzufügen</translation>
    </message>
    <message>
        <source>Add an edit</source>
        <translation>Schnitt hinzufügen</translation>
    </message>
    <message>
        <source>Remove {0}</source>
        <translation>{0} entfernen</translation>
    </message>
    <message>
        <source>Set marks</source>
        <translation>Marken setzen</translation>
    </message>
    <message>
        <source>Person {0}</source>
        <translation>Person {0}</translation>
    </message>
    <message>
        <source>Analyse</source>
        <translation>Analysieren</translation>
    </message>
    <message>
        <source>Add photographs of {0}</source>
        <translation>Fotos von {0} hinzufügen</translation>
    </message>
    <message>
        <source>Remove a photograph of {0}</source>
        <translation>Ein Foto von {0} entfernen</translation>
    </message>
    <message>
        <source>Change delivery</source>
        <translation>Ausgabe ändern</translation>
    </message>
</context>
<context>
    <name>QueuePage</name>
    <message>
        <source>Queue</source>
        <translation>Warteschlange</translation>
    </message>
    <message>
        <source>Nothing here yet. What you restore is queued here, and goes on after a crash or a power cut.</source>
        <translation>Noch nichts. Was restauriert wird, steht hier an und geht nach Absturz oder Stromausfall weiter.</translation>
    </message>
    <message numerus="yes">
        <source>%n job(s) left. They run one after the other, and go on at the next start if you close the window.</source>
        <translation>
            <numerusform>Noch %n Auftrag. Wird das Fenster geschlossen, geht er beim nächsten Start weiter.</numerusform>
            <numerusform>Noch %n Aufträge, einer nach dem anderen. Wird das Fenster geschlossen, gehen sie beim nächsten Start weiter.</numerusform>
        </translation>
    </message>
    <message>
        <source>All done.</source>
        <translation>Alles fertig.</translation>
    </message>
</context>
<context>
    <name>SettingsPage</name>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Look again</source>
        <translation>Erneut prüfen</translation>
    </message>
    <message>
        <source>This machine</source>
        <translation>Dieser Rechner</translation>
    </message>
    <message>
        <source>Model packs</source>
        <translation>Modellpakete</translation>
    </message>
    <message>
        <source>All</source>
        <translation>Alle</translation>
    </message>
    <message>
        <source>As the system</source>
        <translation>Wie das System</translation>
    </message>
    <message>
        <source>Compute on</source>
        <translation>Rechnen auf</translation>
    </message>
    <message>
        <source>Automatic takes the fastest there is.</source>
        <translation>Automatisch nimmt das Schnellste.</translation>
    </message>
    <message>
        <source>CPU threads</source>
        <translation>CPU-Threads</translation>
    </message>
    <message>
        <source>Fewer leave room for other work on this machine.</source>
        <translation>Weniger lassen Platz für andere Arbeit.</translation>
    </message>
    <message>
        <source>Model pack</source>
        <translation>Modellpaket</translation>
    </message>
    <message>
        <source>The weights that restore. Takes effect at once.</source>
        <translation>Die Gewichte, die restaurieren. Gilt sofort.</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>Sprache</translation>
    </message>
    <message>
        <source>Takes effect at the next start.</source>
        <translation>Gilt ab dem nächsten Start.</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>Automatisch</translation>
    </message>
    <message>
        <source>{0}, faces at {1} px, {2}</source>
        <translation>{0}, Gesichter mit {1} px, {2}</translation>
    </message>
</context>
<context>
    <name>Strip</name>
    <message>
        <source>Shots, people and identity over time</source>
        <translation>Einstellungen, Personen und Ähnlichkeit über die Zeit</translation>
    </message>
    <message>
        <source>Shots</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Analyse to find shots and people</source>
        <translation>Analysieren findet Einstellungen und Personen</translation>
    </message>
    <message>
        <source>Looking for faces …</source>
        <translation>Gesichter werden gesucht …</translation>
    </message>
    <message>
        <source>Likeness to the photographs</source>
        <translation>Ähnlichkeit mit den Fotos</translation>
    </message>
    <message>
        <source>Frame {0}: less like the person than the source. Click to look at it.</source>
        <translation>Bild {0}: der Person unähnlicher als die Quelle. Klick zeigt es.</translation>
    </message>
    <message>
        <source>Frame {0}: fades to the source. Click to look at it.</source>
        <translation>Bild {0}: blendet zur Quelle über. Klick zeigt es.</translation>
    </message>
</context>
<context>
    <name>Transport</name>
    <message>
        <source>Timecode of the frame on screen; type one to go there</source>
        <translation>Timecode des gezeigten Bildes; eingeben, um dorthin zu gehen</translation>
    </message>
    <message>
        <source>Play or stop</source>
        <translation>Abspielen oder anhalten</translation>
    </message>
    <message>
        <source>First frame</source>
        <translation>Erstes Bild</translation>
    </message>
    <message>
        <source>One frame back</source>
        <translation>Ein Bild zurück</translation>
    </message>
    <message>
        <source>Play backwards; again for faster</source>
        <translation>Rückwärts abspielen; nochmals für schneller</translation>
    </message>
    <message>
        <source>Play forwards; again for faster</source>
        <translation>Vorwärts abspielen; nochmals für schneller</translation>
    </message>
    <message>
        <source>One frame on</source>
        <translation>Ein Bild weiter</translation>
    </message>
    <message>
        <source>Last frame</source>
        <translation>Letztes Bild</translation>
    </message>
    <message>
        <source>Work on the whole clip</source>
        <translation>Ganzen Clip bearbeiten</translation>
    </message>
    <message>
        <source>Mark in</source>
        <translation>In setzen</translation>
    </message>
    <message>
        <source>Mark out</source>
        <translation>Out setzen</translation>
    </message>
    <message numerus="yes">
        <source>%n frame(s)</source>
        <translation>
            <numerusform>%n Bild</numerusform>
            <numerusform>%n Bilder</numerusform>
        </translation>
    </message>
    <message>
        <source>frame {0} of {1}</source>
        <translation>Bild {0} von {1}</translation>
    </message>
</context>
<context>
    <name>ViewerPane</name>
    <message>
        <source>Wipe</source>
        <translation>Schieber</translation>
    </message>
    <message>
        <source>Side by side</source>
        <translation>Nebeneinander</translation>
    </message>
    <message>
        <source>Toggle</source>
        <translation>Wechsel</translation>
    </message>
    <message>
        <source>Difference</source>
        <translation>Differenz</translation>
    </message>
    <message>
        <source>Show the faces that were found</source>
        <translation>Gefundene Gesichter zeigen</translation>
    </message>
    <message>
        <source>Fit</source>
        <translation>Einpassen</translation>
    </message>
    <message>
        <source>Zoom of the viewer</source>
        <translation>Zoom des Betrachters</translation>
    </message>
    <message>
        <source>Reading …</source>
        <translation>Wird gelesen …</translation>
    </message>
    <message>
        <source>Result: {0}</source>
        <translation>Ergebnis: {0}</translation>
    </message>
    <message>
        <source>Restoring this frame …</source>
        <translation>Dieses Bild wird restauriert …</translation>
    </message>
    <message>
        <source>Preview</source>
        <translation>Vorschau</translation>
    </message>
    <message>
        <source>Preview with earlier settings</source>
        <translation>Vorschau mit früheren Einstellungen</translation>
    </message>
    <message>
        <source>{0}: no face was restored in this frame</source>
        <translation>{0}: in diesem Bild wurde kein Gesicht restauriert</translation>
    </message>
    <message>
        <source>{0}  ·  likeness {1:.2f} → {2:.2f}  ·  {3:.1f} s</source>
        <translation>{0}  ·  Ähnlichkeit {1:.2f} → {2:.2f}  ·  {3:.1f} s</translation>
    </message>
</context>
<context>
    <name>Welcome</name>
    <message>
        <source>Restore the faces in archival footage</source>
        <translation>Gesichter in Archivmaterial restaurieren</translation>
    </message>
    <message>
        <source>Guided by photographs of the person. Nothing leaves this machine; the source is never touched.</source>
        <translation>Geführt von Fotos der Person. Nichts verlässt diesen Rechner; die Quelle bleibt unberührt.</translation>
    </message>
    <message>
        <source>Drop a movie, an image sequence or a timeline here</source>
        <translation>Film, Bildfolge oder Timeline hierher ziehen</translation>
    </message>
    <message>
        <source>Open footage …</source>
        <translation>Material öffnen …</translation>
    </message>
    <message>
        <source>Try the sample</source>
        <translation>Beispiel ausprobieren</translation>
    </message>
    <message>
        <source>Four seconds of a synthetic person, with two photographs</source>
        <translation>Vier Sekunden einer künstlichen Person, mit zwei Fotos</translation>
    </message>
    <message>
        <source>Recent projects</source>
        <translation>Letzte Projekte</translation>
    </message>
    <message>
        <source>Looking at this machine …</source>
        <translation>Dieser Rechner wird geprüft …</translation>
    </message>
    <message>
        <source>The engine is not running</source>
        <translation>Der Rechenkern läuft nicht</translation>
    </message>
    <message>
        <source>the CPU</source>
        <translation>der CPU</translation>
    </message>
    <message>
        <source>the NVIDIA GPU</source>
        <translation>der NVIDIA-GPU</translation>
    </message>
    <message>
        <source>the Apple GPU</source>
        <translation>der Apple-GPU</translation>
    </message>
    <message>
        <source>Ready. Computes on {0}.</source>
        <translation>Bereit. Rechnet auf {0}.</translation>
    </message>
    <message numerus="yes">
        <source>%n model pack(s) found and checked</source>
        <translation>
            <numerusform>%n Modellpaket gefunden und geprüft</numerusform>
            <numerusform>%n Modellpakete gefunden und geprüft</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Workspace</name>
    <message>
        <source>The result is in {0}</source>
        <translation>Das Ergebnis liegt in {0}</translation>
    </message>
    <message>
        <source>{0} is cut off: {1} frames at its end are missing.</source>
        <translation>{0} ist abgeschnitten: am Ende fehlen {1} Bilder.</translation>
    </message>
    <message>
        <source>What is there can be restored. Look for a whole copy.</source>
        <translation>Was da ist, kann restauriert werden. Besser eine ganze Kopie suchen.</translation>
    </message>
    <message>
        <source>{0} was damaged. This is the copy that was saved with it.</source>
        <translation>{0} war beschädigt. Dies ist die mitgesicherte Kopie.</translation>
    </message>
    <message>
        <source>Check the latest edit. The project is saved again from now on.</source>
        <translation>Bitte die letzte Änderung prüfen. Ab jetzt wird wieder gesichert.</translation>
    </message>
    <message numerus="yes">
        <source>%n item(s) of {0} cannot be restored.</source>
        <translation>
            <numerusform>%n Element von {0} kann nicht restauriert werden.</numerusform>
            <numerusform>%n Elemente von {0} können nicht restauriert werden.</numerusform>
        </translation>
    </message>
    <message>
        <source>Render them there as files of their own, and open those.</source>
        <translation>Dort als eigene Dateien rendern und diese öffnen.</translation>
    </message>
    <message>
        <source>The result is in the timeline, on a track of its own.</source>
        <translation>Das Ergebnis liegt in der Timeline, auf einer eigenen Spur.</translation>
    </message>
    <message>
        <source>The clip below it is untouched.</source>
        <translation>Der Clip darunter ist unberührt.</translation>
    </message>
    <message>
        <source>Take it out again</source>
        <translation>Wieder herausnehmen</translation>
    </message>
    <message>
        <source>The result is out of the timeline again.</source>
        <translation>Das Ergebnis ist wieder aus der Timeline genommen.</translation>
    </message>
    <message>
        <source>No faces were found in {0}.</source>
        <translation>In {0} wurden keine Gesichter gefunden.</translation>
    </message>
    <message>
        <source>Faces narrower than about 40 pixels are not found. Try another range.</source>
        <translation>Gesichter unter etwa 40 Pixeln Breite werden nicht gefunden. Einen anderen Bereich versuchen.</translation>
    </message>
    <message>
        <source>Whose photographs are these?</source>
        <translation>Von wem sind diese Fotos?</translation>
    </message>
    <message>
        <source>Click a person first, then drop them again.</source>
        <translation>Erst eine Person anklicken, dann die Fotos noch einmal ziehen.</translation>
    </message>
    <message>
        <source>Five photographs are the most; {0} were left out.</source>
        <translation>Höchstens fünf Fotos; {0} wurden weggelassen.</translation>
    </message>
    <message>
        <source>Keep the sharpest, seen like the footage. An identity pack carries up to {0}.</source>
        <translation>Die schärfsten behalten, gesehen wie das Material. Ein Identitätspaket trägt bis zu {0}.</translation>
    </message>
    <message>
        <source>Restore {0}</source>
        <translation>{0} restaurieren</translation>
    </message>
    <message>
        <source>Leave {0} alone</source>
        <translation>{0} unberührt lassen</translation>
    </message>
    <message>
        <source>Use an identity pack for {0}</source>
        <translation>Identitätspaket für {0} verwenden</translation>
    </message>
    <message>
        <source>Use the photographs of {0}</source>
        <translation>Fotos von {0} verwenden</translation>
    </message>
    <message>
        <source>The identity pack brings the likeness from {0:.2f} to {1:.2f}.</source>
        <translation>Das Identitätspaket hebt die Ähnlichkeit von {0:.2f} auf {1:.2f}.</translation>
    </message>
    <message>
        <source>Measured on {0}, which it did not practise on.</source>
        <translation>Gemessen an {0}, womit nicht geübt wurde.</translation>
    </message>
    <message>
        <source>Click a person, and move to a frame that shows the face.</source>
        <translation>Eine Person anklicken und zu einem Bild gehen, das das Gesicht zeigt.</translation>
    </message>
    <message>
        <source>There is no face of this person on screen.</source>
        <translation>Von dieser Person ist kein Gesicht zu sehen.</translation>
    </message>
    <message>
        <source>{0}, {1} restored</source>
        <translation>{0}, {1} restauriert</translation>
    </message>
    <message>
        <source>Nobody is chosen yet.</source>
        <translation>Noch ist niemand ausgewählt.</translation>
    </message>
    <message>
        <source>Tick who is to be restored.</source>
        <translation>Ankreuzen, wer restauriert werden soll.</translation>
    </message>
    <message>
        <source>Nobody is known yet.</source>
        <translation>Noch ist niemand bekannt.</translation>
    </message>
    <message>
        <source>Analyse the clip first.</source>
        <translation>Erst den Clip analysieren.</translation>
    </message>
    <message>
        <source>Choose another folder.</source>
        <translation>Einen anderen Ordner wählen.</translation>
    </message>
    <message>
        <source>{0} is restored.</source>
        <translation>{0} ist restauriert.</translation>
    </message>
    <message>
        <source>Compare it here, or open its folder from the queue.</source>
        <translation>Hier vergleichen oder den Ordner aus der Warteschlange öffnen.</translation>
    </message>
    <message>
        <source>Restore somebody else in it</source>
        <translation>Darin noch jemanden restaurieren</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Erneut versuchen</translation>
    </message>
</context>
</TS>
