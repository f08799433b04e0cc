"""What every page needs and no app owns: answers, access marks, forms, keyset pages, formats, logs.

No models, and nothing of ours is imported.
"""
