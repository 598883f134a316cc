/** What operators read about this plugin. reStructuredText. */
export const documentation = `
IPMI
====

Switches machines on and off through their BMCs, and sets what they boot from. The plugin speaks IPMI v2.0 (RMCP+)
itself, and needs no ipmitool program.

Set \`\`ipmi/address\`\`, \`\`ipmi/username\`\` and \`\`ipmi/password\`\` on each machine (or in a profile), and \`\`ipmi/mode\`\` to
\`\`ipmitool\`\`. The boot commands also need \`\`detected-bios-mode\`\`: \`\`uefi\`\` or \`\`legacy-bios\`\`.

Power
-----

\`\`poweron\`\`, \`\`poweroff\`\`
  Send nothing to a machine that is in that state already. Otherwise the command is sent, and the state is read until it
  holds or \`\`power/timeout\`\` has passed.
\`\`powercycle\`\`
  Switches a machine on that is off. Otherwise one cycle, never two: if the answer is lost, the machine is watched, and the
  cycle is reported as done, or as unknown (\`\`OUTCOME_UNKNOWN\`\`).
\`\`powershutdown\`\`
  Asks the operating system, and waits for \`\`power/soft-timeout\`\`. The result says whether the machine went off: \`\`Power\`\`
  is \`\`on\`\` and \`\`Verified\`\` is false where it did not. It is switched off hard only where \`\`power/force-after-soft\`\` is true.
\`\`powerreset\`\`, \`\`powerdiag\`\`
  Hard reset without loss of power, and a diagnostic interrupt (NMI). Both are refused on a machine that is off.
\`\`powerstatus\`\`
  Reads the power state, within 15 seconds.

Each answers \`\`{"Power": "on" | "off", "Changed": bool, "Verified": bool, "Attempts": n, "ElapsedMs": n}\`\`. Attempts counts
commands that change something.

Boot
----

\`\`nextbootpxe\`\`, \`\`nextbootdisk\`\`, \`\`nextbootcd\`\`, \`\`nextbootbios\`\` count for the next boot, \`\`forcebootpxe\`\` and
\`\`forcebootdisk\`\` for all to come. The BMC is told to keep the setting for longer than 60 seconds, and the setting is read back. \`\`getBoot\`\`
reads it. Each answers \`\`{"BootDevice": name, "Persistent": bool, "EFI": bool, "Verified": bool}\`\`; Verified is false where the BMC kept the
device, but not the rest.

Others
------

\`\`identify\`\`
  Shows where the machine is for \`\`ipmi/identify-duration\`\` seconds; 0 turns it off. Answers \`\`{"Identify": "on" | "off", "Seconds": n}\`\`.
\`\`getInfo\`\`
  Address, Mode, DeviceId, DeviceRevision, Firmware, IpmiVersion, ManufacturerId, ProductId, Guid.
\`\`status\`\`
  Power, Healthy, SelfTest, SelfTestDetail, Faults, LastPowerEvents, RestartCause, RestorePolicy, Identify.

For every command
-----------------

There is one action at a time per BMC; others wait for their turn up to their own deadline (409 \`\`TARGET_BUSY\`\` says who
holds it). Changes are a second apart (\`\`power/min-gap\`\`). \`\`power/dry-run\`\` answers what would be sent, and sends nothing.
\`\`power/protected\`\` on a machine refuses whatever would take it down. The same \`\`power/request-id\`\` runs once.

Quirks of a BMC are named in \`\`ipmi/workarounds\`\`: \`\`no-boot-timer-option\`\` for BMCs that refuse to keep boot flags for longer than 60 seconds,
\`\`supermicro-uefi-disk\`\` for Supermicro boards that boot from disk in UEFI mode only with device 24h.
`.trimStart()
