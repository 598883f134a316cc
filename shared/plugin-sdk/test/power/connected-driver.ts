import type { PowerConnection, PowerDriver } from '../../src/power/driver.ts'

const facts = { key: '192.0.2.1:623', service: 'fake', mode: 'memory' }

/** A driver that opens this connection, and describes what it can do. */
export function connectedDriver(
  connection: PowerConnection,
  more: Partial<Pick<PowerDriver, 'key' | 'mode' | 'open'>> = {},
): PowerDriver {
  return {
    ...facts,
    open: async () => connection,
    describe: (operation) => (connection[operation] ? `send ${operation}` : undefined),
    ...(connection.setBoot && { describeBoot: ({ device }) => `send boot ${device}` }),
    ...more,
  }
}
