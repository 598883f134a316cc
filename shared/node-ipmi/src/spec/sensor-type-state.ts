/** Words for a state, and how bad it is: ok where nothing is said. */
export type GradedWords = readonly [words: string, severity?: 'ok' | 'warning' | 'critical']

/** States of event type 6Fh by sensor type and offset. An empty text is a reserved offset. §42.2, table 42-3. */
export const sensorTypeStates: Readonly<Record<number, readonly GradedWords[]>> = {
  // Physical security.
  5: [
    ['chassis intrusion', 'warning'],
    ['drive bay intrusion', 'warning'],
    ['card area intrusion', 'warning'],
    ['processor area intrusion', 'warning'],
    ['LAN cable lost', 'warning'],
    ['undocked', 'warning'],
    ['fan area intrusion', 'warning'],
  ],
  // Platform security.
  6: [
    ['front panel lockout violation', 'warning'],
    ['wrong user password before boot', 'warning'],
    ['wrong set-up password before boot', 'warning'],
    ['wrong network boot password before boot', 'warning'],
    ['wrong password before boot', 'warning'],
    ['wrong password for remote access', 'warning'],
  ],
  // Processor.
  7: [
    ['internal error', 'critical'],
    ['thermal trip', 'critical'],
    ['built-in test failed', 'critical'],
    ['hung in POST', 'critical'],
    ['failed to start', 'critical'],
    ['configuration error', 'critical'],
    ['uncorrectable CPU complex error', 'critical'],
    ['present'],
    ['disabled', 'warning'],
    ['terminator present'],
    ['throttled', 'warning'],
    ['uncorrectable machine check', 'critical'],
    ['correctable machine check', 'warning'],
  ],
  // Power supply.
  8: [
    ['present'],
    ['failed', 'critical'],
    ['failure predicted', 'warning'],
    ['input lost', 'critical'],
    ['input lost or out of range', 'critical'],
    ['input out of range', 'warning'],
    ['configuration error', 'warning'],
    ['standby'],
  ],
  // Power unit.
  9: [
    ['power off'],
    ['power cycled'],
    ['240 VA power down', 'warning'],
    ['interlock power down', 'warning'],
    ['AC lost', 'critical'],
    ['soft power control failed', 'critical'],
    ['power unit failed', 'critical'],
    ['power unit failure predicted', 'warning'],
  ],
  // Memory.
  12: [
    ['correctable ECC error', 'warning'],
    ['uncorrectable ECC error', 'critical'],
    ['parity error', 'critical'],
    ['scrub failed', 'warning'],
    ['device disabled', 'warning'],
    ['limit of correctable errors reached', 'warning'],
    ['present'],
    ['configuration error', 'critical'],
    ['spare'],
    ['throttled', 'warning'],
    ['critical overtemperature', 'critical'],
  ],
  // Drive slot.
  13: [
    ['drive present'],
    ['drive fault', 'critical'],
    ['drive failure predicted', 'warning'],
    ['hot spare'],
    ['consistency check running'],
    ['in critical array', 'critical'],
    ['in failed array', 'critical'],
    ['rebuilding', 'warning'],
    ['rebuild stopped', 'warning'],
  ],
  // System firmware.
  15: [['firmware error', 'critical'], ['firmware hang', 'critical'], ['firmware progress']],
  // Event logging.
  16: [
    ['logging of correctable memory errors disabled', 'warning'],
    ['logging of an event type disabled', 'warning'],
    ['log cleared'],
    ['all logging disabled', 'warning'],
    ['log full', 'warning'],
    ['log almost full', 'warning'],
    ['logging of correctable machine checks disabled', 'warning'],
  ],
  // Watchdog 1.
  17: [
    ['BIOS reset'],
    ['OS reset'],
    ['OS shut down'],
    ['OS powered down'],
    ['OS power-cycled'],
    ['OS interrupt'],
    ['expired', 'warning'],
    ['OS pre-timeout interrupt', 'warning'],
  ],
  // System event.
  18: [
    ['system reconfigured'],
    ['OEM boot'],
    ['undetermined hardware failure', 'critical'],
    ['entry added to auxiliary log'],
    ['platform event filter acted'],
    ['clock set'],
  ],
  // Critical interrupt.
  19: [
    ['NMI from the front panel', 'critical'],
    ['bus time-out', 'critical'],
    ['I/O channel check', 'critical'],
    ['software NMI', 'critical'],
    ['PCI parity error', 'critical'],
    ['PCI system error', 'critical'],
    ['EISA fail safe time-out', 'critical'],
    ['correctable bus error', 'warning'],
    ['uncorrectable bus error', 'critical'],
    ['fatal NMI', 'critical'],
    ['fatal bus error', 'critical'],
    ['bus degraded', 'warning'],
  ],
  // Button.
  20: [
    ['power button pressed'],
    ['sleep button pressed'],
    ['reset button pressed'],
    ['FRU latch open'],
    ['FRU service requested'],
  ],
  // Chip set.
  25: [
    ['soft power control failed', 'critical'],
    ['thermal trip', 'critical'],
  ],
  // Cable.
  27: [['connected'], ['wrongly connected', 'warning']],
  // System boot.
  29: [
    ['power-up'],
    ['hard reset'],
    ['warm reset'],
    ['network boot requested'],
    ['automatic boot to diagnostics'],
    ['hard reset by the OS'],
    ['warm reset by the OS'],
    ['system restart'],
  ],
  // Boot error.
  30: [
    ['no bootable media', 'critical'],
    ['no bootable diskette', 'warning'],
    ['no PXE server', 'critical'],
    ['invalid boot sector', 'critical'],
    ['time-out while the user chose', 'warning'],
  ],
  // OS boot.
  31: [
    ['booted from floppy'],
    ['booted from disk'],
    ['booted by PXE'],
    ['booted to diagnostics'],
    ['booted from CD-ROM'],
    ['booted from ROM'],
    ['booted'],
    ['installation started'],
    ['installation completed'],
    ['installation stopped', 'warning'],
    ['installation failed', 'critical'],
  ],
  // OS stop.
  32: [
    ['stopped while loading', 'critical'],
    ['stopped at run time', 'critical'],
    ['stopped in order'],
    ['shut down in order'],
    ['shut down by platform event'],
    ['agent does not answer', 'warning'],
  ],
  // Slot.
  33: [
    ['fault', 'critical'],
    ['identified'],
    ['device present'],
    ['ready for insertion'],
    ['ready for removal'],
    ['power off'],
    ['removal requested'],
    ['interlock'],
    ['disabled'],
    ['spare device'],
  ],
  // ACPI power state.
  34: [
    ['S0, working'],
    ['S1, sleeping'],
    ['S2, sleeping'],
    ['S3, suspended to memory'],
    ['S4, suspended to disk'],
    ['S5, soft off'],
    ['S4 or S5, soft off'],
    ['G3, mechanical off'],
    ['S1, S2 or S3, sleeping'],
    ['G1, sleeping'],
    ['S5 by override'],
    ['legacy on'],
    ['legacy off'],
    [''],
    ['unknown'],
  ],
  // Watchdog 2.
  35: [
    ['expired', 'warning'],
    ['hard reset', 'critical'],
    ['power down', 'critical'],
    ['power cycle', 'critical'],
    [''],
    [''],
    [''],
    [''],
    ['pre-timeout interrupt', 'warning'],
  ],
  // Platform alert.
  36: [['page sent'], ['LAN alert sent'], ['trap sent'], ['SNMP trap sent']],
  // Entity presence.
  37: [['present'], ['absent'], ['disabled']],
  // LAN.
  39: [['heartbeat lost', 'warning'], ['heartbeat']],
  // Management subsystem.
  40: [
    ['sensor access degraded', 'warning'],
    ['controller access degraded', 'warning'],
    ['controller off line', 'critical'],
    ['controller not available', 'critical'],
    ['sensor failed', 'warning'],
    ['FRU failed', 'warning'],
  ],
  // Battery.
  41: [['low', 'warning'], ['failed', 'critical'], ['present']],
  // Session audit.
  42: [
    ['session opened'],
    ['session closed'],
    ['wrong user or password', 'warning'],
    ['too many wrong passwords', 'warning'],
  ],
  // Version change.
  43: [
    ['hardware changed'],
    ['firmware or software changed'],
    ['hardware incompatible', 'warning'],
    ['firmware or software incompatible', 'warning'],
    ['unsupported hardware version', 'warning'],
    ['unsupported firmware or software version', 'warning'],
    ['hardware changed in order'],
    ['firmware or software changed in order'],
  ],
  // FRU state.
  44: [
    ['not installed'],
    ['inactive'],
    ['activation requested'],
    ['activating'],
    ['active'],
    ['deactivation requested'],
    ['deactivating'],
    ['communication lost', 'critical'],
  ],
}
