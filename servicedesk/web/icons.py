"""The icons we use."""

# By Tabler's names. `python -m servicedesk.web.vendoring` puts them into static/icons.svg; a test fails when a template
# uses one that is not here.
ICONS = """
    activity adjustments alert-circle alert-octagon alert-triangle archive arrow-back-up arrow-down arrow-forward-up
    arrow-left arrow-right arrow-up arrows-exchange at ban bell bell-off bolt book bookmark briefcase building bulb
    calendar calendar-event calendar-off chart-bar check checks chevron-down chevron-left chevron-right chevron-up
    circle-check circle-dashed circle-x clipboard clipboard-list clock clock-pause columns copy corner-up-left cpu
    database device-desktop device-floppy device-laptop device-mobile devices dots dots-vertical download edit
    external-link eye eye-off file file-spreadsheet file-text filter flag flame folder git-merge headset help
    help-circle history home hourglass id inbox info-circle key keyboard language layout-list layout-sidebar lifebuoy
    link list list-check loader lock lock-open login logout mail mail-forward mail-off mailbox map-pin menu-2 message
    message-2 message-circle messages microphone mood-smile moon network note notes paperclip password pencil phone
    phone-call photo pin player-pause player-play plug plus point printer puzzle qrcode question-mark refresh repeat
    rotate rotate-clockwise route rss scissors search selector send server settings share shield shield-check
    shield-lock sitemap sort-ascending sort-descending square-check star sun switch-horizontal table tag tags template
    ticket tool transfer trash trending-down trending-up unlink upload user user-check user-circle user-off user-plus
    user-shield user-x users users-group versions wand webhook wifi world x zoom-in
""".split()  # noqa: SIM905 - a list of words reads better so
