import { dirname, join } from 'node:path'
import type { FakeVm, Nic } from './registry.ts'
import { type VersionName, versions } from './versions.ts'

const escaped = (text: string) => text.replace(/["\\]/g, '\\$&')

/** The output of `showvminfo --machinereadable`. */
export function vmInfo(vm: FakeVm, versionName: VersionName): string {
  if (vm.inaccessible) return `name="<inaccessible>"\nUUID="${vm.id}"\n`
  const version = versions[versionName]
  const folder = dirname(vm.settingsFile)
  const lines = [
    `name="${escaped(vm.name)}"`,
    ...(version.hasEncryptionLine ? ['Encryption:     disabled'] : []),
    'groups="/"',
    ...(version.hasArchitecture ? ['platformArchitecture="x86"'] : []),
    'ostype="Other/Unknown"',
    `UUID="${vm.id}"`,
    `CfgFile="${escaped(vm.settingsFile)}"`,
    `SnapFldr="${escaped(join(folder, 'Snapshots'))}"`,
    `hardwareuuid="${vm.id}"`,
    `memory=${vm.memory}`,
    'pagefusion="off"',
    `vram=${vm.vram}`,
    'cpuexecutioncap=100',
    'chipset="piix3"',
    'firmware="BIOS"',
    `cpus=${vm.cpus}`,
    'bootmenu="messageandmenu"',
    ...vm.boot.map((device, place) => `boot${place + 1}="${device}"`),
    'acpi="on"',
    `ioapic="${vm.ioapic ? 'on' : 'off'}"`,
    'biossystemtimeoffset=0',
    ...(version.hasEncryptionLine ? [`BIOS NVRAM File="${escaped(join(folder, `${vm.name}.nvram`))}"`] : []),
    `VMState="${vm.state}"`,
    'VMStateChangeTime="2024-05-01T12:00:00.000000000"',
    'graphicscontroller="vboxvga"',
    'monitorcount=1',
    'teleporterpassword=""',
    ...vm.controllers.flatMap(storage),
    ...vm.nics.flatMap(network),
    'nic8="none"',
    'vrde="off"',
    ...(vm.state === 'running' ? ['VideoMode="720,400,0"@0,0 1'] : []),
    '"GuestMemoryBalloon"=0',
    ...(vm.description === undefined ? [] : [`description="${escaped(vm.description)}"`]),
    ...vm.snapshots.map((name, place) => `SnapshotName${place === 0 ? '' : '-1'.repeat(place)}="${escaped(name)}"`),
  ]
  return `${lines.join('\n')}\n`
}

function storage({ name, disks }: FakeVm['controllers'][number], index: number): string[] {
  return [
    `storagecontrollername${index}="${escaped(name)}"`,
    `storagecontrollertype${index}="IntelAhci"`,
    ...Object.entries(disks).flatMap(([place, { path, id }]) => [
      `"${escaped(name)}-${place}"="${escaped(path)}"`,
      `"${escaped(name)}-ImageUUID-${place}"="${id}"`,
    ]),
  ]
}

/** The key of the network's name, by the kind of adapter. */
const networkKeys: Readonly<Record<string, string>> = {
  bridged: 'bridgeadapter',
  intnet: 'intnet',
  natnetwork: 'nat-network',
  hostonlynetwork: 'hostonly-network',
}

/** VBoxManage prints the adapter's name without escaping. */
function network({ kind, adapter, type, mac }: Nic, index: number): string[] {
  const number = index + 1
  return [
    ...(kind === 'nat' ? [`natnet${number}="nat"`] : []),
    ...(adapter === undefined ? [] : [`${networkKeys[kind] ?? 'hostonlyadapter'}${number}="${adapter}"`]),
    `macaddress${number}="${mac}"`,
    `cableconnected${number}="on"`,
    `nic${number}="${kind}"`,
    `nictype${number}="${type}"`,
    `nicspeed${number}="0"`,
  ]
}
