// What the bundled libraries leave behind for our script.
interface TooltipItem {
  readonly datum?: Readonly<Record<string, unknown>>;
}

interface VegaView {
  readonly scale: (name: string) => { readonly invert: (pixel: number) => number };
  readonly origin: () => [number, number];
  readonly padding: () => { readonly left?: number };
  readonly signal: (name: string, value: number) => VegaView;
  readonly runAsync: () => Promise<unknown>;
}

interface EmbedOptions {
  readonly mode: 'vega-lite';
  readonly renderer: 'svg';
  /** Expressions are interpreted: the page allows no code that is made from text. */
  readonly ast: true;
  readonly actions: false;
  readonly defaultStyle: false;
  readonly hover: boolean;
  readonly tooltip: (handler: unknown, event: MouseEvent, item: TooltipItem, value: unknown) => void;
}

declare const vegaEmbed: (
  element: Element,
  spec: Readonly<Record<string, unknown>>,
  options: EmbedOptions,
) => Promise<{ readonly view: VegaView }>;
