// Run by test-runner.test.ts: it ends before any test.
throw new Error('crashed at once')
