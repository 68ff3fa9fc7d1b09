"""Keys, addresses and proxies that come from the environment: read in one way, checked before anything is sent.

read_key("OPENAI_API_KEY")                     # the key without what was pasted around it, "" where there is none
check_address(" http://127.0.0.1:8000/v1 ", name="--base-url")
find_proxy("https://api.openai.com/v1")        # Proxy(variable="HTTPS_PROXY", shown="http://proxy:3128", ...) or None
"""

from stvqa.environment.addresses import check_address, shown_address
from stvqa.environment.keys import clean_key, read_key
from stvqa.environment.proxies import Proxy, find_proxy

__all__ = ["Proxy", "check_address", "clean_key", "find_proxy", "read_key", "shown_address"]
