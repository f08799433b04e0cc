"""The content of what S/MIME signed as a whole (application/pkcs7-mime): the mail in it, to be read like any other.

Nothing is verified here; the file stays beside the text for whoever wants to.
"""

_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
_DATA = bytes.fromhex("2a864886f70d010701")
_DEEPEST = 20


def signed_content(data: bytes) -> bytes | None:
    """None for what is encrypted, compressed, or none of it."""
    try:
        outer = _children(_one(data, 0)[1])
        if outer[0] != (0x06, _SIGNED_DATA):
            return None
        signed = _children(_children(outer[1][1])[0][1])
        inner = _children(next(content for tag, content in signed[2:4] if tag == 0x30))
        if inner[0] != (0x06, _DATA) or len(inner) < 2:
            return None
        return _octets(*_children(inner[1][1])[0], depth=0) or None
    except (IndexError, ValueError, StopIteration):
        return None


def _octets(tag: int, content: bytes, depth: int) -> bytes:
    if tag == 0x04:
        return content
    if tag != 0x24 or depth > _DEEPEST:
        raise ValueError
    return b"".join(_octets(*each, depth=depth + 1) for each in _children(content))


def _children(content: bytes) -> list[tuple[int, bytes]]:
    found, place = [], 0
    while place < len(content) and len(found) < 100_000:
        tag, inner, place = _one(content, place)
        found.append((tag, inner))
    return found


def _one(data: bytes, place: int, depth: int = 0) -> tuple[int, bytes, int]:
    """(tag, content, where the next begins) in BER, also of a length that only its end tells."""
    tag, length = data[place], data[place + 1]
    if tag & 0x1F == 0x1F or depth > _DEEPEST:
        raise ValueError
    place += 2
    if length == 0x80:
        start = place
        while data[place : place + 2] != b"\0\0":
            place = _one(data, place, depth + 1)[2]
        return tag, data[start:place], place + 2
    if length > 0x80:
        size = length & 0x7F
        if size > 4:
            raise ValueError
        length = int.from_bytes(data[place : place + size], "big")
        place += size
    if place + length > len(data):
        raise ValueError
    return tag, data[place : place + length], place + length
