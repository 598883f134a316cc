/** What operators read about this plugin. reStructuredText. */
export const documentation = `
VirtualBox
==========

VirtualBox VMs as machines: made, powered, booted from the network or from disk, and destroyed; and each of them as an IPMI v2.0
BMC on UDP, if \`\`virtualbox/bmc-address\`\` is set.

Make a plugin of this provider and set \`\`virtualbox/user\`\` to the user of the host whose VMs they are. When it is configured, it makes a
machine for each VM that has none (\`\`virtualbox/import\`\`).

Only VMs that this plugin made are ever destroyed: by \`\`destroyVm\`\`, or when a machine is deleted that this plugin made a VM for. VMs that it
found are powered, and never deleted.

VMs
---

\`\`createVm\`\`
  Makes a VM of \`\`virtualbox/cpus\`\`, \`\`-mem-size-mb\`\`, \`\`-disk-size-mb\`\`, \`\`-vram-size-mb\`\`, and a machine of the same UUID.
\`\`startVm\`\`, \`\`stopVm\`\`
  As poweron and poweroff, by \`\`virtualbox/id\`\` or \`\`virtualbox/name\`\`.
\`\`destroyVm\`\`
  Deletes a VM that this plugin made, with its disks; it is switched off first. The machine stays.

A machine that is made with \`\`machine-plugin\`\` set to this plugin's name gets a VM; when it is deleted, the VM goes too.

Power and boot
--------------

\`\`poweron\`\`, \`\`poweroff\`\`, \`\`powercycle\`\`, \`\`powershutdown\`\` (the ACPI button), \`\`powerreset\`\`, \`\`powerstatus\`\` promise what they promise for servers. A
cycle is off and on; one that is interrupted in between is finished, and none is done twice. A paused VM is on; a saved one is off, and goes
on from where it was saved when it is switched on.

\`\`nextbootpxe\`\`, \`\`nextbootdisk\`\`, \`\`nextbootcd\`\` count for the next boot, \`\`forcebootpxe\`\` and \`\`forcebootdisk\`\` for all to come: the VM's boot order is
changed, and after a boot that counts once it is set back. VirtualBox changes the order only of a VM that is off: for one that is on, the result has
\`\`"Pending": true\`\`, and the order changes at the next poweroff and poweron, or powercycle. powerreset does not change it.
`.trimStart()
