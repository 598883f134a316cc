/** What operators read about this plugin. reStructuredText. */
export const documentation = `
Packet IPMI
===========

Makes, powers, boots and deletes bare-metal machines of a cloud that speaks the Metal API.

Set \`\`packet/api-key\`\` and \`\`packet/api-url\`\` on the plugin. There is no default address: the public service ended on 2026-06-30, so name a
private deployment of the same API. \`\`packet/project-id\`\` says which project devices are made in.

Machines
--------

A machine whose param \`\`machine-plugin\`\` is this plugin's name gets a device when it is made, and its device is deleted when the machine is.
The machine's params \`\`packet/plan\`\`, \`\`packet/facility\`\` or \`\`packet/metro\`\`, \`\`packet/name\`\`, \`\`packet/project-id\`\`, \`\`packet/always-pxe\`\` and
\`\`packet/ipxe-script-url\`\` say what it gets. When the device is usable, the machine has Address, HardwareAddrs, \`\`packet/uuid\`\` and the rest.

A device that does not become usable within 15 minutes is deleted again, and \`\`packet/problem\`\` on the machine says why there is none. Each step is an event of
type \`\`packet-ipmi\`\`. \`\`GET /plugin-apis/packet-ipmi/status\`\` shows what is being made and deleted, and which devices somebody must look after.

Commands
--------

\`\`poweron\`\`, \`\`poweroff\`\`, \`\`powercycle\`\`, \`\`powerstatus\`\`, \`\`rescue\`\`
  Keep what the power verbs promise in every service. \`\`powercycle\`\` is the API's reboot. \`\`rescue\`\` restarts into the cloud's rescue system.
\`\`nextbootpxe\`\`, \`\`nextbootdisk\`\`
  The API has no setting for the next boot alone: \`\`always_pxe\`\` is set, and put back when a boot has been seen. The result says so.
\`\`updatepxe\`\`
  Sets the iPXE script and whether every boot loads it.
\`\`createVm\`\`, \`\`startVm\`\`, \`\`stopVm\`\`, \`\`destroyVm\`\`
  For the plugin itself: devices by their id. \`\`createVm\`\` makes a machine when the device is usable; \`\`destroyVm\`\` waits until the API says that the device is gone.

Nothing is deleted because a listing lacks it. \`\`packet/prune\`\` deletes machines whose device the API itself has called "not found" three times over at least ten minutes,
at most 2 % of the machines in one pass.
`.trimStart()
