"""A first folder for a new author: small, whole, and showing each thing once."""

from pathlib import Path
from typing import Final

from darasa.content_packs.errors import PackError, PackRefusedError
from darasa.content_packs.names import PACK_ID, reserved

_PACK: Final = """\
id = "{id}"
version = "0.1.0"
sequence = 1            # raise it with every version you hand out
title = "{title}"
locales = ["en"]        # the first one is the language of the items
levels = ["easier", "middle", "richer"]
license = "CC-BY-4.0"
authors = ["Your name"]
"""

_SKILLS: Final = """\
# In teaching order. `requires` names what to have first.

[share]
title = "Share equally"
"""

_ITEMS: Final = """\
# Share equally
skill: share

## share-01
difficulty: 1

Which is one half of 6?

- [x] 3
- [ ] 2
  > This is one third of 6. How many are in each of two equal shares?
- [ ] 12
  > This is 6 two times. A half is smaller than the whole.

> Hint: Draw 6 dots. Cut them in two equal shares.
> Solution: Two shares of 3 make 6. So one half of 6 is 3.

## share-02
vars: d = 3..6; k = 2..9

@{d*k} oranges are shared equally by @{d} children.
How many does each child get?

= @{k}
!= @{d*k-d} : You took @{d} away. Share them out, one each, until none is left.

> Hint: Give one orange to each child. How many are left?
> Solution: $@{d} \\times @{k} = @{d*k}$. So each child gets @{k}.

## share-03
choose: all

Which are one half? Choose all of them.

- [x] $\\frac{1}{2}$
- [x] $\\frac{2}{4}$
- [ ] $\\frac{1}{4}$
  > This is a half of a half.

> Hint: In one half the top is half of the bottom.
> Solution: 1 is half of 2, and 2 is half of 4.
"""

_LESSON: Final = """\
# Sharing equally
skill: share

## Fair shares

Two children share 6 oranges.
Each one gets the same number.

```
  [o][o][o]   [o][o][o]
```

Each child gets 3. So one half of 6 is 3.
"""


def new_folder(folder: Path) -> list[Path]:
    """Write a first pack into a new folder; the files that were made.

    Raises PackRefusedError when something is there already, PackError when the disk refuses.
    """
    pack_id = folder.name.lower().replace("_", "-").replace(" ", "-")
    if not PACK_ID.fullmatch(pack_id) or reserved(pack_id):
        raise PackRefusedError(
            f"`{folder.name}` is no name for a pack.", remedy="Use letters, digits and -."
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise PackRefusedError(f"{folder} is there already.", remedy="Choose another name.")
    title = pack_id.replace("-", " ").capitalize()
    texts = {
        "pack.toml": _PACK.replace("{id}", pack_id).replace("{title}", title),
        "skills.toml": _SKILLS,
        "items/share.en.md": _ITEMS,
        "lessons/share/middle.en.md": _LESSON,
    }
    try:
        for name, text in texts.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise PackError(f"{folder} could not be written ({error.strerror}).") from error
    return [folder / name for name in texts]
