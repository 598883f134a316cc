"""Walks through pyghmi's API against one BMC. Reads {address, port, username, password} from stdin as JSON; prints one
JSON object: for each step its result, or {"error": text}."""
import json
import sys

from pyghmi.ipmi import command

target = json.load(sys.stdin)
bmc = command.Command(
    bmc=target['address'], port=target['port'], userid=target['username'], password=target['password']
)
results = {}


def step(name, call):
    try:
        results[name] = call()
    except Exception as error:
        results[name] = {'error': '%s: %s' % (type(error).__name__, error)}


def boot(device, **options):
    bmc.set_bootdev(device, **options)
    return bmc.get_bootdev()


for verb in ('boot', 'reset', 'diag', 'shutdown', 'off', 'on'):
    step('power ' + verb, lambda: bmc.set_power(verb))
step('power', bmc.get_power)
for device in ('network', 'hd', 'optical', 'setup', 'default'):
    step('boot ' + device, lambda: boot(device))
step('boot network for ever', lambda: boot('network', persist=True, uefiboot=True))
step('events', lambda: list(bmc.get_event_log()))
step('events and clear', lambda: len(list(bmc.get_event_log(clear=True))))
step('events after clear', lambda: list(bmc.get_event_log()))
step('inventory', lambda: dict(bmc.get_inventory()))
step('sensors', lambda: list(bmc.get_sensor_data()))
step('health', bmc.get_health)
step('firmware', lambda: dict(bmc.get_firmware()))
step('network', bmc.get_net_configuration)
step('users', bmc.get_users)
step('channel', bmc.get_channel_info)
step('channel access', bmc.get_channel_access)
step('identify', lambda: bmc.set_identify(on=True, duration=5))
step('reset', bmc.reset_bmc)
json.dump(results, sys.stdout, default=str)
