/** A Markdown table, aligned, so that it reads on a terminal and in docs/figures.md alike. First column to the left, the others to the right. */
export const formatTable = (head: readonly string[], lines: readonly (readonly string[])[]): string => {
  const widths = head.map((_, column) => Math.max(...[head, ...lines].map((line) => line[column]?.length ?? 0)))
  const format = (line: readonly string[]): string =>
    `| ${line.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`
  const rule = `|${widths.map((width, column) => (column === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`
  return [format(head), rule, ...lines.map(format)].join('\n')
}

export const timesText = (value: number | undefined): string => (value === undefined ? '-' : `${value.toFixed(2)}×`)

export const figureText = (value: number | undefined, digits: number): string =>
  value === undefined
    ? '-'
    : value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })

/** What a core that somebody else used means for the figures: it is missing in every one but the ratio per CPU second. */
export const noiseLines = (othersCores: readonly number[]): string[] => {
  const most = Math.max(0, ...othersCores)
  if (most < quietCores) return []
  return [
    '',
    `Other programs kept up to ${most.toFixed(1)} cores busy meanwhile: latencies and rates are worse than they are alone; "per CPU" compares best.`,
  ]
}

const quietCores = 0.15
