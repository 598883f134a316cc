"""Walks through python-ipmi's API against one BMC, over its interface to ipmitool, since its own RMCP is IPMI v1.5.
Reads {address, port, username, password} from stdin as JSON; prints one JSON object: for each step its result, or
{"error": text}."""
import json
import sys

import pyipmi
import pyipmi.interfaces

target = json.load(sys.stdin)
bmc = pyipmi.create_connection(pyipmi.interfaces.create_interface('ipmitool', interface_type='lanplus'))
bmc.target = pyipmi.Target(ipmb_address=0x20)
bmc.session.set_session_type_rmcp(target['address'], target['port'])
bmc.session.set_auth_type_user(target['username'], target['password'])
bmc.session.establish()
results = {}


def step(name, call):
    try:
        results[name] = call()
    except Exception as error:
        results[name] = {'error': '%s: %s' % (type(error).__name__, error)}


def device_id():
    found = bmc.get_device_id()
    return {'device': found.device_id, 'functions': found.supported_functions}


def power_reading():
    found = bmc.get_power_reading(1)
    return {'current': found.current_power, 'maximum': found.maximum_power}


def events():
    return [{'sensor': found.sensor_type, 'data': list(found.event_data)} for found in bmc.get_sel_entries()]


def fru():
    # read_fru_data ends with array.tostring(), which Python 3.9 removed.
    size, text = bmc.get_fru_inventory_area_info(), ''
    while len(text) < size:
        count = min(32, size - len(text))
        found = bmc.send_message_with_name('ReadFruData', fru_id=0, offset=len(text), count=count)
        text += bytes(found.data).decode('latin1')
    return text


step('device id', device_id)
step('self test', lambda: bmc.send_message_with_name('GetSelftestResults').result)
step('cycle', bmc.chassis_control_power_cycle)
step('reset', bmc.chassis_control_hard_reset)
step('diag', bmc.chassis_control_diagnostic_interrupt)
step('soft', bmc.chassis_control_soft_shutdown)
step('power when off', lambda: bmc.get_chassis_status().power_on)
step('cycle when off', bmc.chassis_control_power_cycle)
step('up', bmc.chassis_control_power_up)
step('power', lambda: bmc.get_chassis_status().power_on)
step('event count', bmc.get_sel_entries_count)
step('events', events)
step('clear events', bmc.clear_sel)
step('events after clear', events)
step('address', lambda: list(bmc.get_lan_config_param(1, 3)))
step('power reading', power_reading)
step('capabilities', lambda: list(bmc.get_dcmi_capabilities(1).parameter_data))
step('sdr', lambda: [record.device_id_string for record in bmc.get_repository_sdr_list()])
step('fru', fru)
step('session', lambda: list(bytes(bmc.raw_command(0, 6, b'\x3d\x00'))[:6]))
step('cold reset', bmc.cold_reset)
json.dump(results, sys.stdout, default=str)
