import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'

/** A figure that is read when somebody asks. */
export interface Metric {
  /** Without the prefix `hearth_`; counters end in `_total`. */
  readonly name: string
  readonly help: string
  readonly kind: 'gauge' | 'counter'
  read(): number
}

/** `/metrics`: those of the process, and those given. */
export const createMetrics = (
  metrics: readonly Metric[],
): { readonly contentType: string; text(): Promise<string> } & Disposable => {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  for (const metric of metrics) {
    const about = { name: `hearth_${metric.name}`, help: metric.help, registers: [] }
    registry.registerMetric(
      metric.kind === 'gauge'
        ? new Gauge({
            ...about,
            collect() {
              this.set(metric.read())
            },
          })
        : new Counter({
            ...about,
            collect() {
              this.reset()
              this.inc(metric.read())
            },
          }),
    )
  }
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    [Symbol.dispose]: () => registry.clear(),
  }
}
