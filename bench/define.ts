import { executable } from './executables.ts'
import { measuredRun } from './measured-run.ts'
import { numberOption, report } from './report.ts'
import { median, rounded } from './statistics.ts'

await report('define: dist/plugins/ipmi define beside node -e 0', async () => {
  const rounds = numberOption('rounds', 40)
  const plugin = executable('plugins/ipmi')
  const runs: { define: number; empty: number }[] = []
  for (let round = -2; round < rounds; round++) {
    const empty = await measuredRun(process.execPath, ['-e', '0'])
    // By node itself on both sides, so that finding it on PATH is nobody's cost.
    const define = await measuredRun(process.execPath, [plugin, 'define'])
    JSON.parse(define.stdout)
    // The first two fill the file cache.
    if (round >= 0) runs.push({ define: define.elapsedMs, empty: empty.elapsedMs })
  }
  return {
    rounds,
    'define ms': rounded(median(runs.map((run) => run.define)), 1),
    'node -e 0 ms': rounded(median(runs.map((run) => run.empty)), 1),
    ratio: rounded(median(runs.map((run) => run.define)) / median(runs.map((run) => run.empty))),
  }
})
