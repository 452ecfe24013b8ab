"""The window's style sheet, in the theme's colours. Properties `role`, `selected`, `gravity` are set by the views."""

from likeness_gui import theme

STYLE = f"""
QWidget {{ color: {theme.TEXT}; }}
QMainWindow, QDialog {{ background: {theme.WINDOW}; }}
QToolTip {{ background: {theme.RAISED}; color: {theme.TEXT}; border: 1px solid {theme.EDGE}; padding: 4px 6px; }}

#panel {{ background: {theme.PANEL}; }}
#panelLeft {{ background: {theme.PANEL}; border-right: 1px solid {theme.VIEWER}; }}
#panelRight {{ background: {theme.PANEL}; border-left: 1px solid {theme.VIEWER}; }}
#bar {{ background: {theme.PANEL}; border-bottom: 1px solid {theme.VIEWER}; }}
#pages {{ background: {theme.PANEL}; border-top: 1px solid {theme.VIEWER}; }}
#viewer {{ background: {theme.VIEWER}; }}

QLabel[role="title"] {{ font-size: 22px; font-weight: 600; }}
QLabel[role="heading"] {{ font-size: 15px; font-weight: 600; }}
QLabel[role="section"] {{ font-size: 12px; font-weight: 600; color: {theme.MUTED}; }}
QLabel[role="muted"] {{ color: {theme.MUTED}; }}
QLabel[role="caption"] {{ color: {theme.FAINT}; font-size: 12px; }}
QLabel[role="warning"] {{ color: {theme.WARNING}; font-size: 12px; }}
QLabel[role="error"] {{ color: {theme.ERROR}; font-size: 12px; }}
QLabel[role="good"] {{ color: {theme.ACCENT}; font-size: 12px; }}
QLabel:disabled {{ color: {theme.DISABLED}; }}

QPushButton {{ background: {theme.RAISED}; border: 1px solid {theme.LINE}; border-radius: 4px; padding: 5px 12px;
    min-height: 18px; }}
QPushButton:hover {{ background: {theme.HOVER}; }}
QPushButton:pressed {{ background: {theme.FIELD}; }}
QPushButton:focus {{ border: 1px solid {theme.ACCENT}; }}
QPushButton:disabled {{ color: {theme.DISABLED}; background: {theme.PANEL}; }}
QPushButton[role="primary"] {{ background: {theme.ACCENT}; border: 1px solid {theme.ACCENT}; color: {theme.ON_ACCENT}; font-weight: 600;
    padding: 8px 16px; font-size: 14px; }}
QPushButton[role="primary"]:hover {{ background: {theme.ACCENT_HOVER}; }}
QPushButton[role="primary"]:pressed {{ background: {theme.ACCENT_PRESSED}; }}
QPushButton[role="primary"]:focus {{ border: 1px solid {theme.TEXT}; }}
QPushButton[role="primary"]:disabled {{ background: {theme.RAISED}; border-color: {theme.RAISED}; color: {theme.DISABLED}; }}
QPushButton[role="link"] {{ background: transparent; border: 1px solid transparent; color: {theme.ACCENT};
    padding: 2px 4px; }}
QPushButton[role="link"]:hover {{ color: {theme.ACCENT_HOVER}; }}
QPushButton[role="link"]:focus {{ border: 1px solid {theme.ACCENT}; }}

QToolButton {{ background: transparent; border: 1px solid transparent; border-radius: 4px; padding: 4px; }}
QToolButton:hover {{ background: {theme.HOVER}; }}
QToolButton:checked {{ background: {theme.HOVER}; border: 1px solid {theme.EDGE}; }}
QToolButton:focus {{ border: 1px solid {theme.ACCENT}; }}
QToolButton:disabled {{ color: {theme.DISABLED}; }}
QToolButton[role="segment"] {{ padding: 4px 10px; color: {theme.MUTED}; border-radius: 3px; }}
QToolButton[role="segment"]:checked {{ background: {theme.HOVER}; color: {theme.TEXT}; border: 1px solid {theme.HOVER}; }}
QToolButton[role="segment"]:focus {{ border: 1px solid {theme.ACCENT}; }}
QToolButton[role="page"] {{ padding: 6px 18px; color: {theme.MUTED}; border-radius: 0; border: none;
    border-top: 2px solid transparent; }}
QToolButton[role="page"]:checked {{ color: {theme.TEXT}; background: {theme.PANEL}; border-top: 2px solid {theme.ACCENT}; }}
QToolButton[role="page"]:focus {{ background: {theme.HOVER}; }}
QToolButton::menu-indicator {{ image: none; }}
#segments {{ background: {theme.FIELD}; border-radius: 5px; }}

QLineEdit, QComboBox, QSpinBox, QDoubleSpinBox {{ background: {theme.FIELD}; border: 1px solid {theme.EDGE}; border-radius: 4px;
    padding: 3px 8px; min-height: 20px; selection-background-color: {theme.ACCENT}; selection-color: {theme.ON_ACCENT}; }}
QLineEdit:focus, QComboBox:focus, QSpinBox:focus, QDoubleSpinBox:focus {{ border: 1px solid {theme.ACCENT}; }}
QLineEdit[role="plain"] {{ background: transparent; border: 1px solid transparent; padding: 2px 4px;
    font-weight: 600; }}
QLineEdit[role="plain"]:hover {{ border: 1px solid {theme.EDGE}; }}
QLineEdit[role="plain"]:focus {{ background: {theme.FIELD}; border: 1px solid {theme.ACCENT}; }}
QSpinBox[role="value"], QDoubleSpinBox[role="value"] {{ padding: 1px 2px; }}
QComboBox::drop-down {{ border: none; width: 20px; }}
QComboBox QAbstractItemView {{ background: {theme.RAISED}; border: 1px solid {theme.EDGE}; selection-background-color: {theme.HOVER};
    selection-color: {theme.TEXT}; outline: none; padding: 2px; }}

QCheckBox {{ spacing: 7px; }}
QCheckBox::indicator {{ width: 14px; height: 14px; border: 1px solid {theme.EDGE}; border-radius: 3px;
    background: {theme.FIELD}; }}
QCheckBox::indicator:hover, QCheckBox::indicator:focus {{ border: 1px solid {theme.ACCENT}; }}
QCheckBox:focus {{ color: {theme.ACCENT_HOVER}; }}

QSlider::groove:horizontal {{ height: 3px; background: {theme.LINE}; border-radius: 1px; }}
QSlider::sub-page:horizontal {{ background: {theme.ACCENT}; border-radius: 1px; }}
QSlider::handle:horizontal {{ background: {theme.TEXT}; width: 12px; height: 12px; margin: -5px 0; border-radius: 6px; }}
QSlider::handle:horizontal:hover, QSlider::handle:horizontal:focus {{ background: {theme.ACCENT_HOVER}; }}

QProgressBar {{ background: {theme.FIELD}; border: none; border-radius: 2px; max-height: 4px; min-height: 4px; }}
QProgressBar::chunk {{ background: {theme.ACCENT}; border-radius: 2px; }}

QScrollArea {{ background: transparent; border: none; }}
QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
QScrollBar::handle {{ background: {theme.HANDLE}; border-radius: 4px; min-height: 24px; min-width: 24px; margin: 1px; }}
QScrollBar::handle:hover {{ background: {theme.EDGE}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}

QMenuBar {{ background: {theme.PANEL}; color: {theme.MUTED}; padding: 1px 4px; }}
QMenuBar::item {{ padding: 4px 8px; background: transparent; }}
QMenuBar::item:selected {{ background: {theme.HOVER}; color: {theme.TEXT}; }}
QMenu {{ background: {theme.RAISED}; border: 1px solid {theme.EDGE}; padding: 4px; }}
QMenu::item {{ padding: 5px 24px 5px 12px; border-radius: 3px; }}
QMenu::item:selected {{ background: {theme.HOVER}; }}
QMenu::item:disabled {{ color: {theme.DISABLED}; }}
QMenu::separator {{ height: 1px; background: {theme.LINE}; margin: 4px 6px; }}
QSplitter::handle {{ background: {theme.VIEWER}; }}

#card {{ background: {theme.RAISED}; border: 1px solid {theme.LINE}; border-radius: 6px; }}
#card:hover {{ border: 1px solid {theme.EDGE}; }}
#card:focus {{ border: 1px solid {theme.ACCENT}; }}
#card[selected="true"] {{ background: {theme.ACCENT_GROUND}; border: 1px solid {theme.ACCENT}; }}
#drop {{ background: {theme.FIELD}; border: 1px dashed {theme.EDGE}; border-radius: 6px; }}
#drop[over="true"] {{ border: 1px dashed {theme.ACCENT}; background: {theme.ACCENT_GROUND}; }}
#banner {{ border-radius: 0; }}
#banner[gravity="news"] {{ background: {theme.NEWS_GROUND}; border-left: 3px solid {theme.ACCENT}; }}
#banner[gravity="warning"] {{ background: {theme.WARNING_GROUND}; border-left: 3px solid {theme.WARNING}; }}
#banner[gravity="error"] {{ background: {theme.ERROR_GROUND}; border-left: 3px solid {theme.ERROR}; }}
#rule {{ background: {theme.LINE}; max-height: 1px; min-height: 1px; border: none; }}
"""
