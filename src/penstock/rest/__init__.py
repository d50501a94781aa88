"""DeepStream's REST interface: HTTP in, calls out; it knows nothing of pipelines.

`RestServer` answers requests about whatever fulfils `Controlled`; `RestClient` makes them.
`docs/rest.md` lists the routes.
"""

from penstock.rest.address import RestAddress
from penstock.rest.client import RestClient
from penstock.rest.controlled import Controlled, Setting
from penstock.rest.places import Places, find
from penstock.rest.server import RestServer

__all__ = ["Controlled", "Places", "RestAddress", "RestClient", "RestServer", "Setting", "find"]
