"""Says what libdigidocpp holds of containers, offline. Run by the Python of .judges: pydigidoc has its own libraries.

    python digidoc.py CONFIGURATION.json CONTAINER…

Prints one line a container: `ok NAME` or `no NAME: REASON`. Trust comes from a trusted list that lies in the folder,
under the last part of its address. Nothing is fetched: the list is fresh, its digest is not looked for, and the address
leads nowhere.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pydigidoc  # type: ignore[import-not-found]  # it lives in .judges only


def main() -> None:
    configuration = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    # One folder is all to it: settings, schemas, cached lists, its log.
    folder = Path(configuration["folder"])
    for schema in Path(pydigidoc._SCHEMA_DIR).glob("*.xsd"):
        shutil.copy(schema, folder)
    settings = pydigidoc.DigiDocConf(str(folder))
    settings.set_tslonline_digest(False)
    settings.set_tslcert(Path(configuration["list_certificate"]).read_bytes())
    settings.set_tslurl(configuration["list_url"])
    pydigidoc.Conf.init(settings)
    pydigidoc.initialize("exchange-axis-tests")
    for name in sys.argv[2:]:
        print(_judge(name), flush=True)


def _judge(name: str) -> str:
    try:
        container = pydigidoc.Container.open(name)  # kept while its signatures are used
        signatures = list(container.signatures())
        if len(signatures) != 1:
            return f"no {name}: {len(signatures)} signatures"
        signatures[0].validate("POLv1")  # the other policy asks for qualified certificates of the European Union
    except Exception as error:
        return f"no {name}: {' '.join(str(error).split())}"
    return f"ok {name}"


if __name__ == "__main__":
    main()
