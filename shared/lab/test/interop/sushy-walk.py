"""Drives a Redfish service by sushy, the library of OpenStack's Ironic. Prints the results of its steps as JSON."""
import json
import sys
import time

import sushy
from sushy import auth

place = json.load(sys.stdin)
steps = {}


def step(name, value):
    steps[name] = value


def until(look, wanted):
    end = time.monotonic() + 30
    while look() != wanted:
        if time.monotonic() > end:
            raise SystemExit(f"not {wanted} within 30 s")
        time.sleep(0.1)


way = auth.SessionAuth(place["username"], place["password"])
connection = sushy.Sushy(place["url"] + "/redfish/v1", verify=place["certificate"], auth=way)
step("root", [connection.identity, connection.redfish_version])
system = connection.get_system_collection().get_members()[0]
step("system", [system.identity, system.uuid, system.manufacturer])


def power():
    system.refresh(force=True)
    return system.power_state


step("power at first", power().value)
system.reset_system(sushy.ResetType.ON)
until(power, sushy.PowerState.ON)
system.reset_system(sushy.ResetType.FORCE_RESTART)
until(power, sushy.PowerState.ON)
step("allowed resets", sorted(value.value for value in system.get_allowed_reset_system_values()))
system.set_system_boot_options(sushy.BootSource.PXE, enabled=sushy.BootSourceOverrideEnabled.ONCE,
                               mode=sushy.BootSourceOverrideMode.UEFI)
system.refresh(force=True)
step("boot", [system.boot.target.value, system.boot.enabled.value, system.boot.mode.value])
system.reset_system(sushy.ResetType.FORCE_OFF)
until(power, sushy.PowerState.OFF)
system.reset_system(sushy.ResetType.ON)
until(power, sushy.PowerState.ON)
step("boot after the boot", [system.boot.enabled.value])

manager = system.managers[0]
drives = manager.virtual_media.get_members()
drive = [drive for drive in drives if sushy.VirtualMediaType.CD in drive.media_types][0]
drive.insert_media("http://192.0.2.1/boot.iso", inserted=True, write_protected=True)
drive.refresh(force=True)
step("inserted", [drive.inserted, drive.image])
drive.eject_media()
drive.refresh(force=True)
step("ejected", [drive.inserted])

bios = system.bios
bios.set_attribute("BootRetries", 5)
step("bios", [bios.attributes["BootRetries"], bios.pending_attributes["BootRetries"]])
step("secure boot", [system.secure_boot.enabled])
step("manager", [manager.identity, manager.manager_type.value])
chassis = system.chassis[0]
step("chassis", [chassis.identity, chassis.chassis_type.value])
step("processors", [system.processors.summary.count])
step("nics", list(system.ethernet_interfaces.summary))
step("indicator", [system.indicator_led])
step("update", [connection.get_update_service().identity])
firmware = connection.get_update_service().firmware_inventory.get_members()
step("firmware", sorted(entry.identity for entry in firmware))
step("sessions", [len(connection.get_session_service().sessions.get_members())])
way.close()
print(json.dumps(steps))
