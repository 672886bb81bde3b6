/** Ends the run with the one line that CI reads: the true counts. */
export default class ClosingLine {
  onRunComplete(_contexts, results) {
    const broken = results.testResults.filter((suite) => suite.testExecError !== undefined && suite.numFailingTests === 0).length
    const skipped = results.numPendingTests + results.numTodoTests
    let isTold = false
    const tell = () => {
      if (!isTold) process.stdout.write(`\n${results.numPassedTests} passed, ${results.numFailedTests + broken} failed, ${skipped} skipped\n`)
      isTold = true
    }
    // Jest prints its own summary after every other reporter. A test that leaves a server open keeps the process from exiting: tell all the same.
    process.once('exit', tell)
    setTimeout(tell, 3000).unref()
  }
}
