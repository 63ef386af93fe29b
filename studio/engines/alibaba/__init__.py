"""Wan on Alibaba Cloud Model Studio (DashScope). EngineInfo about the models stand in studio/catalogue/alibaba.toml."""

from studio.engines.alibaba.engine import AlibabaEngine

__all__ = ["AlibabaEngine"]
