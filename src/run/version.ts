// Version of the engine: a result is a function of scenario, seed and this.
export const engineVersion = '0.1.0';
