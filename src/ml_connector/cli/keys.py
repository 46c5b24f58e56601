"""Keys: those that seal the secrets, and making a new one."""

from __future__ import annotations

from ml_connector.cli.command import command, group
from ml_connector.cli.output import DONE
from ml_connector.cli.session import Call

app = group()
keys = group("Look at the keys that seal the secrets, or make a new one.", name="keys")
app.add_typer(keys)


@command(keys, "status")
async def status(call: Call) -> int:
    """The keys of the ring, and how many secrets each has sealed."""
    async with call.session() as session:
        rows = await session.app.look.keys()
    if call.out.as_json:
        call.out.document(rows)
    else:
        told = [(r["id"], r["created_at"][:10], "yes" if r["active"] else "", r["secrets"])
                for r in rows]  # fmt: skip
        call.out.table("", ("key", "made", "active", "secrets"), told, ("secrets",))
    return DONE


@command(keys, "rotate")
async def rotate(call: Call) -> int:
    """Make a new key and seal every secret anew, while work goes on."""
    async with call.session() as session:
        return await session.done(
            "keys_rotate", {}, lambda done: call.out.say(_rotated(**done["result"]))
        )


def _rotated(active: str, resealed: int, *, resumed: bool, removed: list[str]) -> str:
    begun = "A rotation that was cut short is done; run it again for a new key. " if resumed else ""
    gone = f" Let go: {', '.join(removed)}." if removed else ""
    return (
        f"{begun}Key {active} is active; {resealed:,} secrets were sealed anew.{gone} "
        "Keep a copy of the key ring elsewhere."
    )
