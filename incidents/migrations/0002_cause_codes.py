"""The short list of cause codes in its four groups."""

from django.db import migrations

CODES = [
    ("design_error", "regrettable", "詳細設計の誤り", "Detailed-design error"),
    ("planning_gap", "regrettable", "計画・調整の不足", "Planning or coordination gap"),
    ("resource_design", "regrettable", "非機能・リソース設計の誤り", "Non-functional or resource design error"),
    ("work_error", "regrettable", "作業の誤り", "Work error"),
    ("setting_error", "regrettable", "設定・構成の誤り", "Setting or configuration error"),
    ("program_error", "regrettable", "プログラムの誤り", "Program error"),
    ("hardware", "unavoidable", "ハードウェアの故障", "Hardware failure"),
    ("platform", "unavoidable", "OS・ミドルウェアの不具合", "Operating system or middleware fault"),
    ("outside_design", "external", "外部の設計の誤り", "Outside design error"),
    ("outside_other", "external", "その他の外部要因", "Other outside cause"),
    ("unknown", "other", "原因不明・その他", "Unknown or other"),
]


def fill(apps, schema_editor):
    cause = apps.get_model("incidents", "CauseCode")
    cause.objects.bulk_create(
        cause(code=code, group=group, name=name, name_en=name_en, order=order)
        for order, (code, group, name, name_en) in enumerate(CODES, 1)
    )


class Migration(migrations.Migration):
    dependencies = [("incidents", "0001_initial")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
