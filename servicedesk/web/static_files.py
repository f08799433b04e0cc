"""How static files are kept for the web."""

from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage


class Gzipped(CompressedManifestStaticFilesStorage):
    """With gzip alone: WeasyPrint brings Brotli for its fonts, and WhiteNoise would take it for every file, which makes
    the first start long.
    """

    def create_compressor(self, **options):
        return Compressor(use_brotli=False, **options)
