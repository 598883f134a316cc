import type { Sensor, Thresholds } from '../facts.ts'

const thresholdColumns: Readonly<Record<string, keyof Thresholds>> = {
  '<lc>': 'LowerCritical',
  '<uc>': 'UpperCritical',
  '<lnc>': 'LowerCaution',
  '<unc>': 'UpperCaution',
}

const statuses: readonly (readonly [RegExp, Sensor['Status']])[] = [
  [/^(?:critical|fail(?:ed|ure)?|non-?recoverable|lost|input lost|fault|error)$/i, 'critical'],
  [/^(?:warning|non-?critical|degraded|predict\w*(?: failure)?|low|open)$/i, 'warning'],
  [/^(?:absent|not present|n\/?a|not installed)$/i, 'absent'],
  [/^(?:ok|present|good|full|normal|closed|presence detected|on|online|power(?:ed)? on)$/i, 'ok'],
]

/** What `getsensorinfo` prints: sections by `Sensor Type :`, each a table whose columns the firmware aligns with blanks or tabs. */
export function sensorsIn(output: string): readonly Sensor[] {
  const sensors: Sensor[] = []
  let type = 'unknown'
  let columns: readonly string[] = []
  for (const line of output.split('\n')) {
    const section = /^\s*Sensor Type\s*:\s*(.+?)\s*$/i.exec(line)
    const cells = line.trim().split(/\t+|\s{2,}/)
    if (section) {
      type = section[1]?.toLowerCase() ?? type
      columns = []
    } else if (cells[0]?.startsWith('<')) columns = cells.map((cell) => /^<[^>]*>/.exec(cell)?.[0].toLowerCase() ?? '')
    else if (columns.length > 0 && cells.length > 1) sensors.push(sensorOf(type, columns, cells))
  }
  return sensors
}

function sensorOf(type: string, columns: readonly string[], cells: readonly string[]): Sensor {
  const cellOf = (column: string) => cells[columns.indexOf(column)]
  const status = cellOf('<status>') ?? ''
  const reading = measured(cellOf('<reading>'))
  const thresholds = columns.flatMap((column, at) => {
    const name = thresholdColumns[column]
    const value = measured(cells[at])?.value
    return name !== undefined && value !== undefined ? [[name, value] as const] : []
  })
  return {
    Name: cells[0] ?? '',
    Type: type,
    Reading: reading?.value ?? null,
    Units: reading?.units ?? null,
    Status: statuses.find(([words]) => words.test(status))?.[1] ?? 'unknown',
    ...(thresholds.length > 0 && { Thresholds: Object.fromEntries(thresholds) }),
  }
}

/** `21C`, `7080RPM`, `3C [N]`; undefined where the cell is no number. */
function measured(cell = ''): { readonly value: number; readonly units: string | null } | undefined {
  const found = /^(-?\d+(?:\.\d+)?)\s*([A-Za-z%]*)/.exec(cell)
  return found ? { value: Number(found[1]), units: found[2] || null } : undefined
}
