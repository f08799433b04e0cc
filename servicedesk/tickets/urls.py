"""`/tickets/…`: what is the same for every process."""

from django.urls import path

from .views import look, merging, talk, together, work, work_time

app_name = "tickets"

urlpatterns = [
    path("find/", look.find, name="find"),
    path("people/", look.people, name="people"),
    path("preview/", talk.preview, name="preview"),
    path("timer/", work_time.timer, name="timer"),
    path("timer/discard/", work_time.discard_timer, name="timer-discard"),
    path("timer/restore/", work_time.restore_timer, name="timer-restore"),
    path("<str:number>/", look.detail, name="detail"),
    path("<str:number>/peek/", look.peek, name="peek"),
    path("<str:number>/mentions/", look.mentions, name="mentions"),
    path("<str:number>/reply/", talk.reply, name="reply"),
    path("<str:number>/note/", talk.note, name="note"),
    path("<str:number>/comments/<int:comment>/take-back/", talk.take_back, name="take-back"),
    path("<str:number>/drafts/<str:kind>/", together.save_draft, name="draft"),
    path("<str:number>/drafts/<str:kind>/discard/", together.discard_draft, name="draft-discard"),
    path("<str:number>/drafts/<str:kind>/restore/", together.restore_draft, name="draft-restore"),
    path("<str:number>/leave/", together.leave, name="leave"),
    path("<str:number>/assign/", work.assign, name="assign"),
    path("<str:number>/escalate/", work.escalate, name="escalate"),
    path("<str:number>/change/", look.on, {"verb": "change"}, name="change"),
    path("<str:number>/priority/", look.on, {"verb": "priority"}, name="priority"),
    path("<str:number>/share/", work.share, name="share"),
    path("<str:number>/unshare/", work.unshare, name="unshare"),
    path("<str:number>/thank/", talk.thank, name="thank"),
    path("<str:number>/watch/", work.watch, name="watch"),
    path("<str:number>/unwatch/", work.unwatch, name="unwatch"),
    path("<str:number>/tags/", work.tags, name="tags"),
    path("<str:number>/link/", work.link, name="link"),
    path("<str:number>/unlink/", work.unlink, name="unlink"),
    path("<str:number>/merge/", merging.merge, name="merge"),
    path("<str:number>/unmerge/", merging.unmerge, name="unmerge"),
    path("<str:number>/comments/<int:comment>/", merging.message, name="message"),
    path("<str:number>/comments/<int:comment>/forward/", merging.forward, name="forward"),
    path("<str:number>/comments/<int:comment>/move/", merging.move_message, name="move-message"),
    path("<str:number>/log-work/", work_time.log_work, name="log-work"),
    path("<str:number>/work-time/", work_time.panel, name="work-time"),
    path("<str:number>/work-time/<int:work>/", work_time.change_work, name="work-change"),
    path("<str:number>/work-time/<int:work>/delete/", work_time.delete_work, name="work-delete"),
    path("<str:number>/timer/", work_time.start_timer, name="timer-start"),
    path("<str:number>/confidential/", work.confidential, name="confidential"),
    path("<str:number>/files/<int:pk>/", talk.attachment, name="attachment"),
    path("<str:number>/files/<int:pk>/thumbnail/", talk.thumbnail, name="thumbnail"),
]
