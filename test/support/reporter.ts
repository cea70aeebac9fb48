import Mocha from 'mocha'

const { EVENT_RUN_END } = Mocha.Runner.constants

/** mocha's spec reporter, closed by the one plain line that CI reads: `N passed, N failed`. */
export default class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options)
    runner.once(EVENT_RUN_END, () => {
      const pending = this.stats.pending > 0 ? `, ${this.stats.pending} skipped` : ''
      console.log(`${this.stats.passes} passed, ${this.stats.failures} failed${pending}`)
    })
  }
}
