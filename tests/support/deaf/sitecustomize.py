"""A web process that never tells open boards of a change, for the test that must find it.

On the path of a load test's processes Python imports this first; the others of them are left alone.
"""

import sys

if "granian" in sys.orig_argv or "--multiprocessing-fork" in sys.orig_argv:
    from guitara_app.live.channel import Channel

    _join = Channel.join

    def _stand_outside(self, sid, scope):
        """As if it had joined, but it is in no room."""
        return self.connected(sid) if scope.topic == "desk" else _join(self, sid, scope)

    Channel.join = _stand_outside
