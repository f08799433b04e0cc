"""5,000 words that the search's own tokenizer leaves as they are, most frequent first."""

from itertools import product

from servicedesk.tickets.words import tokens

SIZE = 5000
_OFFICE = (
    "印刷 接続 起動 設定 確認 画面 更新 共有 権限 会議 電源 部品 承認 申請 登録 請求 検索 保存 削除 復元 通知 障害 "
    "停止 遅延 端末 回線 倉庫 工場 品質 図面 在庫 受注 発注 経費 勤怠 給与 予約 入力 表示 変更 交換 故障 異常 警告"
).split()
_KANJI = (
    "開発部門管理作業手順連絡時間会社営業製造計測機器電話番号資料記録製品出荷検査設計調整対応依頼回答期限予定担当責任契約"
    "業務処理利用者用紙両面本社支店建物受付窓口新規"
)
_SYLLABLES = "ka ki ku ke ko ra ri ru re ro ta to na ni no ma mi mo sa so".split()


def words() -> list[str]:
    """The same 5,000 distinct words on every machine: office words, other Japanese words, then names of things."""
    found: dict[str, None] = {}
    candidates = [*_OFFICE, *(a + b for a, b in product(dict.fromkeys(_KANJI), repeat=2))]
    # One call for many words: what the tokenizer keeps whole stands alone between line ends.
    for word in candidates:
        if tokens(word) == [word]:
            found[word] = None
    for parts in product(_SYLLABLES, repeat=4):
        word = "".join(parts)
        if len(found) >= SIZE:
            break
        if hash_like(word) % 5 == 0 and tokens(word) == [word]:
            found[word] = None
    return list(found)[:SIZE]


def hash_like(word: str) -> int:
    """A small number that is the same in every process (unlike `hash`), to pick one word in five."""
    return sum(place * ord(letter) for place, letter in enumerate(word, 1))
