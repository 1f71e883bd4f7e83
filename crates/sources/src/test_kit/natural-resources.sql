CREATE TABLE spgl_bdcqz (
  lsh      bigserial PRIMARY KEY,
  rowguid  varchar(36) NOT NULL,
  dfsjzj   varchar(50) NOT NULL,
  xzqhdm   varchar(12) NOT NULL,
  bdcqzh   varchar(100) NOT NULL,
  bdcdyh   varchar(28),
  zl varchar(300), qllx varchar(60), qlxz varchar(60), yt varchar(120), mj varchar(200), syqx varchar(200), gyqk varchar(100),
  djsj     timestamp, djjg varchar(200), qszt smallint,
  ZZBS     varchar(128),
  sjyxbs   smallint NOT NULL DEFAULT 1, sjwxyy varchar(500),
  sjsczt   smallint NOT NULL DEFAULT 0, sbyy varchar(500)
);
CREATE TABLE spgl_bdcqz_qlr (lsh bigserial PRIMARY KEY, dfsjzj varchar(50) NOT NULL, xh int NOT NULL, qlrmc varchar(200), zjlx varchar(3), zjhm varchar(50), gyfe varchar(50),
  sjyxbs smallint NOT NULL DEFAULT 1, sjsczt smallint NOT NULL DEFAULT 0, sbyy varchar(500));
CREATE TABLE spgl_jsgcghxkz (lsh bigserial PRIMARY KEY, rowguid varchar(36) NOT NULL, dfsjzj varchar(50) NOT NULL, xkzbh varchar(100) NOT NULL, xmdm varchar(24), jsdw varchar(200), jsdwdm varchar(30),
  jsxmmc varchar(300), jswz varchar(300), jzmj numeric(18,2), fzjg varchar(200), fzrq date, sjyxbs smallint NOT NULL DEFAULT 1, sjsczt smallint NOT NULL DEFAULT 0, sbyy varchar(500));
