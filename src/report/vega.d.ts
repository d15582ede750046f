// Exports of vega that its types leave out.
import type { Loader, Scene } from 'vega';

declare module 'vega' {
  export const textMetrics: {
    width: (
      item: { readonly fontSize?: number; readonly fontWeight?: unknown },
      text: string | number | null,
    ) => number;
  };
  export class SVGStringRenderer {
    constructor(loader: Loader);
    initialize(element: null, width: number, height: number, origin: readonly [number, number]): this;
    background(colour: string | undefined): this;
    render(scene: Scene): this;
    svg(): string;
  }
}
