"""A phone that sends files in parts, as the tus protocol says, to any client of httpx."""

import base64
from hashlib import sha256
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

TUS = {"Tus-Resumable": "1.0.0"}
PART = {**TUS, "Content-Type": "application/offset+octet-stream"}


def base64_of(content: bytes) -> str:
    return base64.b64encode(content).decode()


def metadata(**said: str) -> str:
    return ",".join(f"{key} {base64_of(value.encode())}" for key, value in said.items())


def announced(client: Any, content: bytes, **said: str) -> str:
    """Announce a file and return the address of its upload."""
    said = {"filename": "photo.jpg", "sha256": sha256(content).hexdigest(), **said}
    answer = client.post(
        "/api/v1/uploads",
        headers={**TUS, "Upload-Length": str(len(content)), "Upload-Metadata": metadata(**said)},
    )
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"]


def part(client: Any, address: str, content: bytes, offset: int, **headers: str) -> Any:
    """Send a part that begins at an offset."""
    return client.patch(address, content=content, headers={**PART, "Upload-Offset": str(offset), **headers})


def offset(client: Any, address: str) -> int:
    return int(client.head(address, headers=TUS).headers["Upload-Offset"])


def sent(client: Any, content: bytes, **said: str) -> dict[str, Any]:
    """Send a whole file and return its receipt."""
    address = announced(client, content, **said)
    answer = part(client, address, content, 0)
    assert answer.status_code == 204, answer.text
    receipt: dict[str, Any] = client.get(address).json()
    return receipt


def picture(seed: int, size_bytes: int = 20_000) -> bytes:
    """A JPEG of about that size that no other seed gives."""
    random = np.random.default_rng(seed)
    side = max(64, int((size_bytes / 1.3) ** 0.5))
    pixels = random.integers(0, 256, (side, side, 3), dtype=np.uint8)
    written = BytesIO()
    Image.fromarray(pixels).save(written, "JPEG", quality=75)
    return written.getvalue()
