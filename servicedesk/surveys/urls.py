"""Answering (by mail, on the page), `/desk/ratings/`, and the surveys of the settings."""

from django.urls import path

from .views import answering, ratings, results, surveys

app_name = "surveys"

urlpatterns = [
    path("rate/<str:key>/", ratings.by_mail, name="rate-by-mail"),
    path("tickets/<str:number>/rate/", ratings.rate, name="rate"),
    path("desk/ratings/", ratings.ratings, name="ratings"),
    path("desk/ratings/<int:pk>/erase/", ratings.rating_erase, name="rating-erase"),
    path("settings/ratings/", ratings.rating_settings, name="rating-settings"),
    path("survey/<str:key>/", answering.answer_by_mail, name="answer-by-mail"),
    path("surveys/<int:pk>/", answering.answer, name="answer"),
    path("settings/surveys/", surveys.surveys, name="surveys"),
    path("settings/surveys/new/", surveys.survey_new, name="survey-new"),
    path("settings/surveys/from/<slug:source>/", surveys.survey_from_template, name="survey-from-template"),
    path("settings/surveys/<int:pk>/", surveys.survey, name="survey"),
    path("settings/surveys/<int:pk>/change/", surveys.survey_change, name="survey-change"),
    path("settings/surveys/<int:pk>/copy/", surveys.survey_copy, name="survey-copy"),
    path("settings/surveys/<int:pk>/delete/", surveys.survey_delete, name="survey-delete"),
    path("settings/surveys/<int:pk>/preview/", surveys.survey_preview, name="survey-preview"),
    path("settings/surveys/<int:pk>/send/", surveys.survey_send, name="survey-send"),
    path("settings/surveys/<int:pk>/close/", surveys.survey_close, name="survey-close"),
    path("settings/surveys/<int:pk>/groups/new/", surveys.group_new, name="group-new"),
    path("settings/surveys/<int:pk>/groups/<int:group>/", surveys.group_change, name="group-change"),
    path("settings/surveys/<int:pk>/groups/<int:group>/delete/", surveys.group_delete, name="group-delete"),
    path("settings/surveys/<int:pk>/groups/<int:group>/move/", surveys.group_move, name="group-move"),
    path("settings/surveys/<int:pk>/groups/<int:group>/questions/new/", surveys.question_new, name="question-new"),
    path("settings/surveys/<int:pk>/questions/<int:question>/", surveys.question_change, name="question-change"),
    path("settings/surveys/<int:pk>/questions/<int:question>/delete/", surveys.question_delete, name="question-delete"),
    path("settings/surveys/<int:pk>/questions/<int:question>/move/", surveys.question_move, name="question-move"),
    path("settings/surveys/<int:pk>/results/", results.results, name="results"),
    path("settings/surveys/<int:pk>/results/print/", results.results_print, name="results-print"),
    path("settings/surveys/<int:pk>/results.csv", results.results_csv, name="results-csv"),
    path("settings/surveys/<int:pk>/results.pdf", results.results_pdf, name="results-pdf"),
    path("settings/surveys/<int:pk>/results.xlsx", results.results_xlsx, name="results-xlsx"),
    path("settings/surveys/<int:pk>/results/<int:question>/", results.finding, name="finding"),
]
