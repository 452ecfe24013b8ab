; Installer for Windows: the small things, and an archive beside it with the application.
;
;   makensis -DVERSION=0.1.0 -DSOURCE=dist\application\likeness -DBESIDE=likeness-0.1.0-windows.zip -DOUTPUT=likeness-0.1.0-windows.exe
;            -DLICENCES=dist\application\likeness\LICENCES.txt
;
; One installer may hold 2 GB. The application of the CPU is about half of that and is held inside; with -DBESIDE=NAME it
; is a ZIP archive that lies beside the installer, so that an application with CUDA fits too.
; Compiled by the tests; NOT RUN on Windows so far.

Unicode true
SetCompressor /SOLID lzma
!include "MUI2.nsh"
!include "FileFunc.nsh"
!include "WordFunc.nsh"
!insertmacro VersionCompare

!ifndef VERSION | SOURCE | OUTPUT | LICENCES
  !error "give -DVERSION=, -DSOURCE=, -DLICENCES= and -DOUTPUT="
!endif
!define KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\Likeness"

Name "Likeness ${VERSION}"
OutFile "${OUTPUT}"
InstallDir "$LOCALAPPDATA\Programs\Likeness"
InstallDirRegKey HKCU "${KEY}" "InstallLocation"
RequestExecutionLevel user ; for one user, without an administrator
BrandingText "Likeness ${VERSION}"

!insertmacro MUI_PAGE_LICENSE "${LICENCES}"
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"
!insertmacro MUI_LANGUAGE "German"

Function .onInit
  ; An older version may not read the settings and projects of a newer one.
  ReadRegStr $0 HKCU "${KEY}" "DisplayVersion"
  StrCmp $0 "" fresh
  ${VersionCompare} "$0" "${VERSION}" $1
  StrCmp $1 "1" 0 fresh
    MessageBox MB_OK|MB_ICONSTOP "Version $0 is installed, which is newer than ${VERSION}. Keep it, or remove it first; your projects stay." /SD IDOK
    SetErrorLevel 1
    Abort
  fresh:
FunctionEnd

Section "Likeness"
  ; Of an older version nothing stays but what is the user's, which lies elsewhere.
  IfFileExists "$INSTDIR\VERSION" 0 +2
    RMDir /r "$INSTDIR"
  SetOutPath "$INSTDIR"
!ifdef BESIDE
  IfFileExists "$EXEDIR\${BESIDE}" beside
    MessageBox MB_OK|MB_ICONSTOP "${BESIDE} has to lie beside this installer." /SD IDOK
    SetErrorLevel 2
    Abort
  beside:
  ; tar is part of Windows 10 and later, and reads ZIP archives.
  nsExec::ExecToLog '"$SYSDIR\tar.exe" -xf "$EXEDIR\${BESIDE}" -C "$INSTDIR"'
  Pop $0
  StrCmp $0 "0" unpacked
    RMDir /r "$INSTDIR"
    MessageBox MB_OK|MB_ICONSTOP "${BESIDE} cannot be unpacked. Copy it again; is there space enough?" /SD IDOK
    SetErrorLevel 3
    Abort
  unpacked:
!else
  File /r "${SOURCE}\*.*"
!endif
  WriteUninstaller "$INSTDIR\uninstall.exe"
  CreateShortCut "$SMPROGRAMS\Likeness.lnk" "$INSTDIR\likeness-panel.exe"
  WriteRegStr HKCU "Software\Classes\.likeness" "" "Likeness.Project"
  WriteRegStr HKCU "Software\Classes\Likeness.Project" "" "Likeness project"
  WriteRegStr HKCU "Software\Classes\Likeness.Project\DefaultIcon" "" "$INSTDIR\likeness-panel.exe,0"
  WriteRegStr HKCU "Software\Classes\Likeness.Project\shell\open\command" "" '"$INSTDIR\likeness-panel.exe" "%1"'
  WriteRegStr HKCU "${KEY}" "DisplayName" "Likeness"
  WriteRegStr HKCU "${KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${KEY}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
  WriteRegDWORD HKCU "${KEY}" "EstimatedSize" "$0"
  ; Neither keeps the application from being there.
  DetailPrint "Trying the installation ..."
  nsExec::ExecToLog '"$INSTDIR\likeness.exe" --self-test'
  Pop $0
  StrCmp $0 "0" works
    MessageBox MB_OK|MB_ICONEXCLAMATION "The self-test failed: see the details. Try again with: likeness --self-test" /SD IDOK
  works:
  nsExec::ExecToLog '"$INSTDIR\likeness.exe" hosts install'
  Pop $0
SectionEnd

Section "Uninstall"
  nsExec::ExecToLog '"$INSTDIR\likeness.exe" hosts remove'
  Pop $0
  IfFileExists "$INSTDIR\VERSION" 0 foreign ; never a folder that is not ours
    RMDir /r "$INSTDIR"
  foreign:
  Delete "$SMPROGRAMS\Likeness.lnk"
  DeleteRegKey HKCU "Software\Classes\Likeness.Project"
  DeleteRegKey HKCU "Software\Classes\.likeness"
  DeleteRegKey HKCU "${KEY}"
  ; Settings, projects and model packs in $LOCALAPPDATA\likeness stay.
SectionEnd
